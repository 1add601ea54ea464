"""The table of risky commands: which program, with which words, does how much harm.

`risk.py` takes a shell line apart and asks this table about each program that it would start.
"""

# ruff: noqa: E501 - a table reads best with one rule on a line

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Words = Sequence[str]

SSH_OPTIONS = "bcDEeFIiJLlmOopQRSWw"  # those that take a value


@dataclass(frozen=True, slots=True)
class Rule:
    """All given conditions must hold. `sub` is a subcommand, `flags` any of these, `words` a pattern for some word."""

    level: str
    reason: str
    programs: str
    sub: str = ""
    flags: str = ""
    words: str = ""
    unless: str = ""  # flags, or words, with which it is harmless
    also: Callable[[Words], bool] | None = None

    def applies(self, words: Words) -> bool:
        """Whether it speaks of these words; the program itself is found by `rules_for`."""
        return (
            (not self.sub or any(_follows(words, sub) for sub in self.sub.split("|")))
            and (not self.flags or has_flag(words, self.flags))
            and (not self.words or any(re.search(self.words, word) for word in words[1:]))
            and not (self.unless and (has_flag(words, self.unless) or set(plain(words)[:1]) & set(self.unless.split())))
            and (self.also is None or self.also(words))
        )


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def has_flag(words: Words, flags: str) -> bool:
    """One of the flags is among the words: `r` also within `-xrf`, `recursive` also as `--recurs` or `--recursive=1`."""
    known = flags.split()
    letters = {name for name in known if len(name) == 1}
    for word in words[1:]:
        if word == "--":
            return False
        bare = word.lstrip("-").split("=", 1)[0]
        if word.startswith("--"):
            if len(bare) > 2 and any(name.startswith(bare) for name in known if len(name) > 1):
                return True
        elif word.startswith("-") and (letters & set(bare) or bare in known):
            return True
    return False


def plain(words: Words) -> list[str]:
    """The words after the program that are no options."""
    rest = list(words[1:])
    if "--" in rest:
        cut = rest.index("--")
        return [word for word in rest[:cut] if not word.startswith("-")] + rest[cut + 1 :]
    return [word for word in rest if not word.startswith("-") or word == "-"]


def after_options(words: Words, letters: str = "", skip: int = 0) -> list[str]:
    """The words after the options, of which some take the next word as their value, and after `skip` more words."""
    n = 0
    while n < len(words) and words[n].startswith("-") and words[n] != "-":
        n += 1
        if words[n - 1] == "--":
            break
        if words[n - 1][-1] in letters and not words[n - 1].startswith("--"):
            n += 1
    return list(words[n + skip :])


def _follows(words: Words, sub: str) -> bool:
    """The subcommand stands among the first plain words; options with values may come before it."""
    wanted, given = sub.split(), plain(words)[:5]
    if words[0] == "git":
        return given[: len(wanted)] == wanted
    return any(given[n : n + len(wanted)] == wanted for n in range(len(given)))


def _everything(words: Words) -> bool:
    whole = {"/", "/*", "~", "~/", "~/*", "$HOME", "$HOME/", "$HOME/*", "/home", "/etc", "/usr", "/var", "/root"}
    return any(word in whole or word.rstrip("/") in whole for word in words[1:])


def _everyone(words: Words) -> bool:
    return "-1" in words[2:]


def _commands(words: Words) -> bool:
    """After the options of ssh comes the host, and after that a command."""
    return bool(after_options(words[1:], SSH_OPTIONS, 1))


def _is_no_module(words: Words) -> bool:
    return list(words[1:2]) != ["-m"]


def _remote(words: Words) -> bool:
    return bool(re.match(r"[\w.@-]{2,}:", plain(words)[-1])) if plain(words) else False


# fmt: off
RULES = (
    # files and disks
    Rule("critical", "Deletes everything, or a whole home or system folder.", "rm", flags="r R recursive", also=_everything),
    Rule("critical", "Removes the guard of the root folder.", "rm chmod chown", flags="no-preserve-root"),
    Rule("high", "Deletes folders with all they hold.", "rm", flags="r R recursive"),
    Rule("medium", "Deletes files.", "rm unlink rmdir"),
    Rule("high", "Destroys files beyond recovery.", "shred srm"),
    Rule("high", "Deletes what it finds.", "find fd", words=r"^-delete$"),
    Rule("medium", "Empties or cuts files.", "truncate"),
    Rule("critical", "Erases a disk or a file system.", "mkfs mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs mke2fs wipefs blkdiscard mkswap newfs"),
    Rule("high", "Changes the partitions of a disk.", "fdisk sfdisk gdisk cfdisk parted", unless="l list"),
    Rule("critical", "Writes straight to a device.", "dd", words=r"^of=/dev/(?!null|stdout|stderr|tty)"),
    Rule("medium", "Copies raw data.", "dd"),
    Rule("critical", "Changes the rights or owner of a system folder.", "chmod chown", flags="R recursive", also=_everything),
    Rule("high", "Opens files to everyone.", "chmod", words=r"^(0?777|a\+rwx|o\+w|a\+w|\+s|u\+s|g\+s|[2467]\d{3})$"),
    Rule("medium", "Changes rights or owners.", "chmod chown chgrp setfacl"),
    Rule("high", "Mounts or unmounts a file system.", "mount umount losetup"),
    # the machine
    Rule("high", "Acts as another user.", "sudo su doas pkexec runuser gosu sudoedit visudo chroot"),
    Rule("high", "Stops or restarts the machine.", "shutdown reboot halt poweroff"),
    Rule("high", "Stops or restarts the machine.", "init telinit", words=r"^[06]$"),
    Rule("high", "Stops or restarts the machine.", "systemctl", sub="reboot|poweroff|halt|suspend|rescue"),
    Rule("high", "Changes the services of the machine.", "systemctl service launchctl rc-service", unless="status is-active list-units show cat"),
    Rule("critical", "Kills every process it may.", "kill", also=_everyone),
    Rule("high", "Kills processes of whole users or names.", "pkill killall skill", flags="u user 9 KILL"),
    Rule("medium", "Ends processes.", "kill pkill killall xkill fuser"),
    Rule("high", "Changes what runs by the clock.", "crontab at batch", unless="l"),
    Rule("high", "Changes users or passwords.", "passwd useradd userdel usermod groupadd groupdel adduser deluser chpasswd"),
    Rule("high", "Changes the firewall or the kernel.", "iptables ip6tables nft ufw firewall-cmd sysctl insmod modprobe rmmod"),
    Rule("medium", "Installs or removes software of the machine.", "apt apt-get yum dnf zypper apk pacman brew snap port"),
    Rule("high", "Removes software of the machine.", "apt apt-get yum dnf brew", sub="remove|purge|autoremove|erase|uninstall"),
    # git
    Rule("high", "Forces a push over what others have.", "git", sub="push", flags="f force force-with-lease force-if-includes mirror"),
    Rule("high", "Forces a push over what others have.", "git", sub="push", words=r"^\+\S"),
    Rule("high", "Deletes a branch or tag for everyone.", "git", sub="push", flags="d delete prune"),
    Rule("high", "Deletes a branch or tag for everyone.", "git", sub="push", words=r"^:\S"),
    Rule("medium", "Pushes to a remote repository.", "git", sub="push"),
    Rule("high", "Rewrites history.", "git", sub="filter-branch|filter-repo|replace"),
    Rule("high", "Rewrites history.", "git-filter-repo bfg"),
    Rule("high", "Throws away the history of undone work.", "git", sub="reflog expire|reflog delete|gc", flags="all prune expire expire-unreachable"),
    Rule("high", "Throws away changes that are not committed.", "git", sub="reset", flags="hard merge"),
    Rule("high", "Deletes files that git does not know.", "git", sub="clean", unless="n dry-run"),
    Rule("high", "Throws away stashed changes.", "git", sub="stash drop|stash clear"),
    Rule("medium", "Throws away changes that are not committed.", "git", sub="restore"),
    Rule("medium", "Throws away changes that are not committed.", "git", sub="checkout", words=r"^(--|\.|-f|--force)$"),
    Rule("medium", "Throws away changes that are not committed.", "git", sub="switch", flags="f force discard-changes"),
    Rule("medium", "Rewrites local commits.", "git", sub="rebase|update-ref|symbolic-ref"),
    Rule("medium", "Rewrites local commits.", "git", sub="commit", flags="amend"),
    Rule("high", "Deletes a branch that is not merged.", "git", sub="branch", flags="D"),
    Rule("medium", "Deletes a branch, a tag or a work tree.", "git", sub="branch|tag|worktree remove|remote remove", flags="d delete f force"),
    Rule("high", "Goes round the checks of the repository.", "git", sub="commit|push|merge|rebase", flags="no-verify"),
    Rule("high", "Lets git run other programs.", "git", words=r"(?i)^(core\.(hookspath|sshcommand|pager|editor|fsmonitor)|alias\.|credential\.|\.helper|url\..*insteadof)"),
    Rule("high", "Changes the settings of git for all projects.", "git", sub="config", flags="global system"),
    Rule("medium", "Talks to a remote repository.", "git", sub="clone|fetch|pull|submodule|remote add|remote set-url|ls-remote|lfs"),
    Rule("high", "Deletes or transfers a repository.", "gh glab", sub="repo delete|repo transfer|repo edit|release delete|secret set|secret delete"),
    Rule("high", "Publishes a release or merges for everyone.", "gh glab", sub="release create|pr merge|mr merge|workflow run|release upload"),
    Rule("high", "Changes something at the forge.", "gh glab", sub="api", flags="X method f F field raw-field input", unless="GET"),
    Rule("medium", "Talks to the forge.", "gh glab hub"),
    # containers, clusters, clouds
    Rule("high", "Deletes containers, images or volumes with their data.", "docker podman nerdctl", sub="system prune|volume rm|volume prune|volume remove|image prune|container prune|builder prune|network prune"),
    Rule("high", "Deletes volumes with their data.", "docker podman docker-compose podman-compose", sub="down", flags="v volumes"),
    Rule("critical", "Starts a container with the whole machine in its hands.", "docker podman nerdctl", words=r"^(--privileged|(--volume=|-v)?/:.*|--pid=host|--mount=.*src=/,.*)$"),
    Rule("high", "Starts a container that reaches the container service.", "docker podman nerdctl", words=r"docker\.sock"),
    Rule("high", "Publishes an image.", "docker podman nerdctl skopeo crane", sub="push|copy"),
    Rule("medium", "Starts, stops or changes containers.", "docker podman nerdctl docker-compose podman-compose skopeo crane", unless="ps images logs inspect version info stats top port history"),
    Rule("high", "Deletes from a cluster or empties a node.", "kubectl oc", sub="delete|drain|replace|cordon|taint"),
    Rule("high", "Changes a cluster.", "kubectl oc", sub="apply|create|patch|edit|scale|rollout|set|exec|run|cp|annotate|label|expose"),
    Rule("medium", "Talks to a cluster.", "kubectl oc k9s kubectx kubens"),
    Rule("high", "Removes or changes a release in a cluster.", "helm helmfile", sub="uninstall|delete|rollback|upgrade|install|destroy|apply|sync|push"),
    Rule("critical", "Destroys infrastructure.", "terraform tofu terragrunt pulumi cdk vagrant serverless sls", sub="destroy|down|remove|run-all destroy"),
    Rule("critical", "Destroys infrastructure.", "terraform tofu terragrunt", words=r"^--?destroy$"),
    Rule("high", "Changes infrastructure.", "terraform tofu terragrunt pulumi cdk serverless sls", sub="apply|up|deploy|import|state rm|state mv|taint|force-unlock"),
    Rule("medium", "Talks to infrastructure.", "terraform tofu terragrunt pulumi cdk vagrant packer"),
    Rule("high", "Changes machines of a whole group.", "ansible ansible-playbook salt puppet chef-client knife", unless="check C syntax-check list-hosts"),
    Rule("high", "Deletes or stops something in the cloud.", "aws gcloud az gsutil doctl hcloud oci fly flyctl heroku wrangler vercel netlify", words=r"^(delete|destroy|terminate|remove|purge|stop|rb|rm)\b|^(delete|terminate|remove|stop|destroy)-"),
    Rule("high", "Deploys for everyone.", "fly flyctl heroku wrangler vercel netlify firebase gcloud eb cap kamal", sub="deploy|publish|app deploy|--prod"),
    Rule("medium", "Talks to the cloud.", "aws gcloud az gsutil doctl hcloud oci fly flyctl heroku wrangler vercel netlify firebase eb rclone"),
    # data
    Rule("high", "Drops a database.", "dropdb dropuser mysqladmin", unless="status ping"),
    Rule("high", "Deletes all data.", "redis-cli valkey-cli", words=r"(?i)^(flushall|flushdb|shutdown)$"),
    Rule("high", "Deletes or rebuilds a database.", "rails rake bin/rails prisma npx sequelize", words=r"^(db:(drop|reset|purge|schema:load)|reset|db:migrate:undo:all)$"),
    Rule("high", "Deletes data of the application.", "manage.py django-admin", sub="flush|reset_db|sqlflush|clear_cache|clearsessions"),
    Rule("medium", "Changes a database schema.", "manage.py django-admin alembic flyway liquibase prisma rails rake knex dbmate", words=r"^(migrate|upgrade|downgrade|update|db:migrate|db push|push)$"),
    Rule("medium", "Talks to a database.", "psql mysql mariadb sqlite3 sqlcmd mongo mongosh redis-cli valkey-cli duckdb clickhouse-client cqlsh pg_restore createdb"),
    # publishing, installing, network
    Rule("high", "Publishes a package.", "npm pnpm yarn bun cargo poetry uv hatch flit gem twine mvn gradle ./gradlew vsce nuget dotnet", sub="publish|upload|push|deploy|unpublish|deprecate|yank|npm publish|owner add|nuget push"),
    Rule("medium", "Installs packages, which run code of others.", "npm pnpm yarn bun pip pip3 pipx uv poetry pdm conda mamba gem bundle cargo go composer dotnet nuget cpan luarocks", sub="install|i|add|ci|sync|update|upgrade|get|create|pip install|tool install|require|up|uninstall|remove"),
    Rule("medium", "Downloads a package and runs it.", "npx pnpx bunx uvx", sub=""),
    Rule("medium", "Downloads a package and runs it.", "npm pnpm yarn bun pipx uv deno", sub="exec|dlx|x|run-script|tool run"),
    Rule("high", "Sends files to another machine.", "curl", flags="F T d form upload-file data data-binary data-raw data-urlencode json", words=r"(^|=)@|^-[FTd]?@|^-T|^--upload-file|=@"),
    Rule("high", "Sends files to another machine.", "wget", flags="post-file body-file"),
    Rule("high", "Copies files to another machine.", "scp rsync sftp", also=_remote),
    Rule("high", "Opens a connection for anyone who calls.", "nc ncat netcat socat", flags="e c l exec sh-exec listen"),
    Rule("high", "Opens this machine to the outside.", "ngrok cloudflared localtunnel tailscale ssh", flags="R", words=""),
    Rule("high", "Opens this machine to the outside.", "ngrok cloudflared localtunnel lt bore"),
    Rule("high", "Runs on another machine.", "ssh mosh pssh plink rsh", also=_commands),
    Rule("medium", "Uses the network.", "curl wget aria2c http https xh ssh mosh scp sftp rsync ftp tftp lftp nc ncat netcat socat telnet ping dig nslookup host nmap traceroute whois openssl"),
    Rule("high", "Sends mail or messages.", "mail mailx sendmail mutt swaks"),
    # the agent and its secrets
    Rule("critical", "Starts an agent that asks nobody.", "*", words=r"^--(dangerously-\S+|yolo|full-auto|allow-dangerously\S*|permission-mode=bypassPermissions)$|^bypassPermissions$"),
    Rule("high", "Changes the settings of an agent.", "claude codex gemini opencode", sub="config|mcp add|mcp remove|plugin|hooks"),
    Rule("medium", "Starts another agent.", "claude codex gemini opencode aider cursor-agent"),
    Rule("high", "Takes secrets out of their store.", "security pass op vault gpg keyctl secret-tool bw aws-vault", unless="version status"),
    Rule("medium", "Shows the environment, which may hold secrets.", "printenv"),
    Rule("medium", "Shows the environment, which may hold secrets.", "env", also=lambda words: not plain(words)),
    Rule("medium", "Hides what was typed.", "history", flags="c w d"),
    # what only runs when it runs
    Rule("medium", "Runs a script of the project.", "make gmake just task npm pnpm yarn bun deno cargo go mvn gradle ./gradlew dotnet rake rails invoke nox cmake ninja bazel manage.py django-admin flask uvicorn gunicorn poetry pdm uv hatch tox-run turbo nx"),
    Rule("medium", "Runs a program whose code is not shown.", "python python2 python3 node ruby perl php lua Rscript java julia pypy pypy3 tsx ts-node bun osascript swift groovy scala", also=_is_no_module),
    Rule("high", "Lets it run another program.", "tar rsync git man less vim vi ed zip sort", words=r"^(--(to-command|checkpoint-action|use-compress-program|rsh|rsync-path|compress-program|unzip-command|upload-pack|receive-pack|ext-diff)\b|-c:?!|\+!|ext::)"),
    Rule("medium", "Changes packed or many files.", "tar unzip zip gzip gunzip 7z patch ed ex vim vi nano emacs sponge rename"),
)
# fmt: on

_BY_PROGRAM: dict[str, list[Rule]] = {}
for _rule in RULES:
    for _program in _rule.programs.split():
        _BY_PROGRAM.setdefault(_program, []).append(_rule)


def rules_for(words: Words) -> list[Rule]:
    """Every rule that applies to a program and its words."""
    return [rule for rule in _BY_PROGRAM.get(words[0], []) + _BY_PROGRAM["*"] if rule.applies(words)]


# Programs that only read, or only check; a rule above goes first.
READS = names(
    ". : [ [[ ack ag arch awk b2sum base64 basename bat bc break cal case cat cd cksum clear cmp column comm continue cut "
    "date declare df diff dirname dirs du echo egrep env exit expand export expr eza false fd fgrep file find fmt fold for "
    "free function gawk getconf getent git grep groups head help hexdump hostname iconv id jobs join jq less let local "
    "locale ls lsb_release lscpu lsof man mawk md5sum mktemp more nl nproc numfmt od paste popd printf ps pstree pushd pwd "
    "read readlink realpath return rev rg seq set sha1sum sha256sum sha512sum shift shopt sleep sort source stat strings sum tac "
    "tail test top tput tr tree true tty type typeset ulimit umask uname unalias unexpand uniq unset uptime vmstat wait wc "
    "whereis which who whoami xmllint xxd yes yq zcat zgrep zless"
    # checks of a project, and small changes inside the working folder
    " bandit biome black clippy coverage ctest eslint flake8 gofmt isort jest mkdir mypy phpunit playwright prettier "
    "pre-commit pylint pyright pytest py.test rspec rubocop ruff rustfmt shellcheck stylelint touch tox tsc vitest "
    "cp mv ln install sed tee in do done fi esac then else"
)

# Subcommands of git that read, or only add to the local repository; a rule above goes first, an alias is none of them.
GIT = names(
    "add am annotate apply archive bisect blame branch bundle cat-file check-ignore checkout cherry cherry-pick clone commit "
    "config count-objects describe diff diff-files diff-index diff-tree difftool fetch for-each-ref format-patch fsck gc grep "
    "help init log ls-files ls-remote ls-tree merge merge-base mv name-rev notes pull range-diff rebase reflog remote reset "
    "restore rev-list rev-parse revert rm shortlog show show-branch show-ref sparse-checkout stash status submodule switch "
    "symbolic-ref tag update-index update-ref var verify-commit version whatchanged worktree write-tree lfs push clean "
    "filter-branch filter-repo replace"
)

# Subcommands of programs above that are harmless although the program is not.
HARMLESS = {
    "npm": "test t ls list view outdated audit lint why help version",
    "pnpm": "test t ls list lint why outdated",
    "yarn": "test lint why list info",
    "bun": "test",
    "cargo": "test check clippy fmt doc tree metadata bench nextest",
    "go": "test vet fmt doc list env version",
    "pip": "list show freeze check",
    "pip3": "list show freeze check",
    "uv": "tree",
    "docker": "ps images logs inspect version info",
    "podman": "ps images logs inspect version info",
    "kubectl": "get describe logs version explain top",
    "helm": "list status template lint get history",
    "terraform": "plan validate fmt show output version providers",
    "tofu": "plan validate fmt show output version",
    "manage.py": "test check showmigrations makemigrations diffsettings",
    "gh": "status",
    "make": "test lint check help",
    "brew": "list info search",
    "apt": "list show search",
    "systemctl": "status list-units is-active",
    "alembic": "history current heads",
}

SHELLS = names("sh bash zsh dash ksh ash fish mksh rbash")
INTERPRETERS = names("python python2 python3 node ruby perl php lua pypy pypy3 deno bun tclsh Rscript")
DOWNLOADERS = names("curl wget fetch aria2c http https xh lynx nc ncat netcat ftp tftp lftp scp")

# Programs that start another one: their options that take a value, and how many words come before it.
WRAPPERS: dict[str, tuple[str, int]] = {
    "sudo": ("ugpCDRTUhr", 0),
    "doas": ("uC", 0),
    "pkexec": ("", 0),
    "env": ("uC", 0),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "time": ("fo", 0),
    "nice": ("n", 0),
    "ionice": ("cnp", 0),
    "timeout": ("sk", 1),
    "gtimeout": ("sk", 1),
    "stdbuf": ("ioe", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "exec": ("a", 0),
    "busybox": ("", 0),
    "toybox": ("", 0),
    "xargs": ("IiEeLlnPsda", 0),
    "chroot": ("", 1),
    "gosu": ("", 1),
    "strace": ("oepsE", 0),
    "ltrace": ("oep", 0),
    "flock": ("wE", 1),
    "unshare": ("", 0),
    "caffeinate": ("tw", 0),
    "systemd-run": ("pu", 0),
    "xvfb-run": ("sn", 0),
    "taskset": ("", 1),
    "runuser": ("ug", 0),
    "coproc": ("", 0),
    "firejail": ("", 0),
}
KEYWORDS = names("if then else elif do while until ! { } time")
RUNNERS = names("poetry pipenv uv pdm hatch rye bundle dotenv direnv doppler")

# Programs that write to files named by their words: all of them, or only the last.
WRITES_ALL = names("rm rmdir unlink touch mkdir tee truncate shred mv ln mkfifo mknod sponge")
WRITES_LAST = names("cp install rsync scp")
WRITES_REST = names("chmod chown chgrp setfacl")  # all but the first
WRITES_OPTION = {
    "curl": "o output output-dir",
    "wget": "O P output-document directory-prefix",
    "tar": "C directory",
    "unzip": "d",
    "cp": "t target-directory",
    "mv": "t target-directory",
    "patch": "o output",
    "sort": "o output",
    "gcc": "o",
    "git": "C git-dir work-tree",
    "make": "C directory",
}
DANGEROUS_VARIABLES = names(
    "LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT DYLD_INSERT_LIBRARIES PATH BASH_ENV ENV PROMPT_COMMAND IFS PYTHONPATH "
    "PYTHONSTARTUP NODE_OPTIONS PERL5OPT RUBYOPT GIT_SSH GIT_SSH_COMMAND GIT_PAGER GIT_EDITOR GIT_ASKPASS EDITOR PAGER "
    "GIT_CONFIG_GLOBAL GIT_EXTERNAL_DIFF ANTHROPIC_BASE_URL"
)
