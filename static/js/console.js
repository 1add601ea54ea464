// The one entry of every page inside the shell: each behaviour is a module with a mount(), wired by data attributes.
// They know one another only by events on the document: feed:frames, feed:reset, feed:state, part:stale, part:changed.
import { mount as activity } from "./activity.js";
import { mount as answer } from "./answer.js";
import { mount as cells } from "./cells.js";
import { mount as clocks } from "./clocks.js";
import { mount as dialogs } from "./dialogs.js";
import { mount as feed } from "./feed.js";
import { mount as keys } from "./keys.js";
import { mount as link } from "./link.js";
import { mount as parts } from "./parts.js";

for (const mount of [clocks, dialogs, link, parts, cells, activity, answer, keys, feed]) mount();
