// The one entry of every page inside the shell: each behaviour is a module with a mount(), wired by data attributes.
// They know one another only by events on the document: feed:frames, feed:reset, feed:state, part:stale, part:changed.
import { mount as activity } from "./activity.js";
import { mount as answer } from "./answer.js";
import { mount as bulk } from "./bulk.js";
import { mount as cells } from "./cells.js";
import { mount as clocks } from "./clocks.js";
import { mount as dialogs } from "./dialogs.js";
import { mount as feed } from "./feed.js";
import { mount as hold } from "./hold.js";
import { mount as keys } from "./keys.js";
import { mount as link } from "./link.js";
import { mount as palette } from "./palette.js";
import { mount as parts } from "./parts.js";
import { mount as tab } from "./tab.js";

for (const mount of [clocks, dialogs, link, hold, parts, cells, tab, activity, answer, bulk, palette, keys, feed]) mount();
