# The load of kill.sh, and the check afterwards. Each worker has a directory of its own in the union and notes outside, before each operation, what
# it will do, and after it that it was done; so of one operation a worker it is open whether it happened, of all others it is known.
#
# Beside its log lies LOG.before: the bytes of the file that is being patched, as they were.
#
#   random-load.py work DIRECTORY LOG STATE SEED MODE     works until the mount dies
#   random-load.py look DIRECTORY                         prints what is there as the first STATE
#   random-load.py names DIRECTORY                        the same, but for which names are one file
#   random-load.py change DIRECTORY SEED COUNT             works so many operations, and changes owners and attributes
#   random-load.py check DIRECTORY LOG STATE MODE         compares, and writes what is there as the next STATE
import errno, hashlib, json, os, random, stat, sys, time


def content(key, size):
    return random.Random(key).randbytes(size)


def sha(bytes_):
    return hashlib.sha256(bytes_).hexdigest()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def look(top):
    """What a directory tree is: path -> [type, mode, sha256 or target, which file]; names of one file have the same last word."""
    tree, inodes = {}, {}

    def walk(path):
        names = [e.name for e in os.scandir(f"{top}/{path}")]
        if len(names) != len(set(names)):
            sys.exit(f"{top}/{path} lists a name twice: {sorted(names)}")
        for name in names:
            at = f"{path}{name}"
            status = os.lstat(f"{top}/{at}")
            mode = stat.S_IMODE(status.st_mode)
            if stat.S_ISDIR(status.st_mode):
                tree[at] = ["d", mode, "", ""]
                walk(at + "/")
            elif stat.S_ISLNK(status.st_mode):
                tree[at] = ["l", 0, os.readlink(f"{top}/{at}"), ""]
            else:
                tree[at] = ["f", mode, sha(read(f"{top}/{at}")), inodes.setdefault(status.st_ino, at)]

    walk("")
    return by_first_name(tree)


def by_first_name(tree):
    """Each file called by the first of its names."""
    first = {}
    for path in sorted(tree):
        first.setdefault(tree[path][3], path)
    return {path: [*value[:3], first[value[3]] if value[3] else ""] for path, value in tree.items()}


def names_of(tree, path):
    return [p for p, value in tree.items() if value[3] and value[3] == tree[path][3]]


def patched(old, op):
    """The bytes of a file after patch, append and truncate."""
    if op["what"] == "truncate":
        return old[:op["at"]] + bytes(max(0, op["at"] - len(old)))
    at = len(old) if op["what"] == "append" else op["at"]
    return old[:at] + content(op["key"], op["size"]) + old[at + op["size"]:]


PATCHES = ("patch", "append", "truncate")


def apply(tree, op):
    """The tree after an operation."""
    tree = dict(tree)
    what, path = op["what"], op["path"]
    if what == "put":
        tree[path] = ["f", 0o644, sha(content(op["key"], op["size"])), f"{op['key']} of {path}"]
    elif what == "over" or what in PATCHES:
        for name in names_of(tree, path):
            tree[name] = ["f", tree[name][1], sha(content(op["key"], op["size"])) if what == "over" else op["new"], tree[name][3]]
    elif what == "rm" or what == "rmdir":
        del tree[path]
    elif what == "mkdir":
        tree[path] = ["d", 0o755, "", ""]
    elif what == "symlink":
        tree[path] = ["l", 0, op["to"], ""]
    elif what == "link":
        tree[op["to"]] = tree[path]
    elif what == "chmod":
        for name in names_of(tree, path):
            tree[name] = [tree[name][0], op["mode"], *tree[name][2:]]
    elif what == "mv" and op["to"] not in names_of(tree, path):
        moved = [p for p in tree if p == path or p.startswith(path + "/")]
        taken = {op["to"] + p[len(path):]: tree.pop(p) for p in moved}
        tree.update(taken)
    return tree


def choose(rng, tree):
    files = [p for p, t in tree.items() if t[0] == "f"]
    directories = [p for p, t in tree.items() if t[0] == "d"]
    parents = [p + "/" for p in directories] + [""]
    free = lambda: next(n for n in iter(lambda: f"{rng.choice(parents)}n{rng.randrange(1000)}", None) if n not in tree)
    while True:
        what = rng.choice(["put", "put", "over", "over", "patch", "patch", "patch", "append", "append", "truncate", "link", "rm", "mkdir", "rmdir", "symlink", "chmod", "mv", "mv", "mvdir"])
        op = {"what": what, "key": rng.randrange(1 << 30), "size": rng.choice([1, 100, 4096, 5000, 70000, 300000]), "sync": rng.random() < 0.3}
        if what == "put":
            return op | {"path": free()}
        if (what == "over" or what in PATCHES) and files:
            return op | {"path": rng.choice(files)}
        if what == "rm" and len(files) > 10:
            return op | {"path": rng.choice(files)}
        if what == "mkdir" and len(directories) < 30:
            return op | {"path": free()}
        if what == "symlink":
            return op | {"path": free(), "to": f"nowhere{rng.randrange(99)}"}
        if what == "chmod" and files:
            return op | {"path": rng.choice(files), "mode": rng.choice([0o600, 0o644, 0o755, 0o444])}
        if what == "link" and files:
            return op | {"path": rng.choice(files), "to": free()}
        if what == "mv" and files:
            return op | {"path": rng.choice(files), "to": rng.choice([free(), rng.choice(files)])}
        if what == "rmdir":
            empty = [d for d in directories if not any(p.startswith(d + "/") for p in tree)]
            if empty:
                return op | {"path": rng.choice(empty)}
        if what == "mvdir" and directories:
            path, to = rng.choice(directories), free()
            if not to.startswith(path + "/"):
                return op | {"what": "mv", "path": path, "to": to}


def prepare(op, rng, top):
    """Where an operation patches, and what comes of it, from what is there."""
    if op["what"] not in PATCHES:
        return b""
    old = read(f"{top}/{op['path']}")
    op["at"] = rng.randrange(2 * len(old) + 2) if op["what"] == "truncate" else rng.randrange(len(old) + 1)
    op["new"] = sha(patched(old, op))
    return old


def write(fd, bytes_, at=None):
    while bytes_:
        count = os.write(fd, bytes_) if at is None else os.pwrite(fd, bytes_, at)
        bytes_, at = bytes_[count:], None if at is None else at + count


written = {}  # inode number -> when it was last written here


def is_told_at_close(fd, op):
    """Whether close(2) surely fails when the daemon has died before: not where a file was cut or written in the same tick of the clock."""
    now, inode = time.monotonic(), os.fstat(fd).st_ino
    last, written[inode] = written.get(inode, 0), now
    return op["what"] not in ("over", "truncate") and now - last > 0.05


def carry_out(top, op, note, mode):
    what, path = op["what"], f"{top}/{op['path']}"
    if what in ("put", "over") or what in PATCHES:
        fd = os.open(path, os.O_RDWR | {"put": os.O_CREAT | os.O_EXCL, "over": os.O_TRUNC, "append": os.O_APPEND}.get(what, 0), 0o644)
        if what == "truncate":
            os.ftruncate(fd, op["at"])
        else:
            write(fd, content(op["key"], op["size"]), op["at"] if what == "patch" else None)
        if mode != "cached":
            note("promised")
        if op["sync"]:
            os.fsync(fd)
            note("promised")
        is_told = mode != "cached" or is_told_at_close(fd, op)
        os.close(fd)
        if not is_told:
            os.statvfs(top)  # is asked of the daemon each time
    elif what == "rm":
        os.unlink(path)
    elif what == "mkdir":
        os.mkdir(path, 0o755)
    elif what == "rmdir":
        os.rmdir(path)
    elif what == "symlink":
        os.symlink(op["to"], path)
    elif what == "link":
        os.link(path, f"{top}/{op['to']}")
    elif what == "chmod":
        os.chmod(path, op["mode"])
    elif what == "mv":
        os.rename(path, f"{top}/{op['to']}")


def work(top, log, state, seed, mode):
    os.umask(0o022)
    log, state = os.path.abspath(log), os.path.abspath(state)
    os.chdir(top)  # and stay in the mount when it is taken away
    top = "."
    rng = random.Random(int(seed))
    with open(state) as file:
        tree = json.load(file)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    note = lambda text: os.write(out, (text if isinstance(text, str) else json.dumps(text)).encode() + b"\n")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        op = choose(rng, tree)
        if (op["what"] == "over" or op["what"] in PATCHES) and not tree[op["path"]][1] & 0o200 and os.geteuid() != 0:
            continue  # not ours to write
        try:
            if op["what"] in PATCHES:
                old = prepare(op, rng, top)
                if sha(old) != tree[op["path"]][2]:
                    sys.exit(f"{op['path']} has other bytes than were written, before {op}")
                with open(log + ".before", "wb") as before:
                    before.write(old)
            note(op)
            carry_out(top, op, note, mode)
        except OSError as error:
            if error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO, errno.ECANCELED): # the last: what a ring had in hand
                return  # the daemon is dead
            sys.exit(f"{op}: {error}")
        note("done")
        tree = apply(tree, op)


def change(top, seed, count):
    """Without notes: what is there afterwards is compared by who calls."""
    rng = random.Random(seed)
    tree = look(top)
    for _ in range(int(count)):
        op = choose(rng, tree)
        prepare(op, rng, top)
        carry_out(top, op, lambda _: None, "cached")
        tree = apply(tree, op)
        path = rng.choice(list(tree))
        at = f"{top}/{path}"
        what = rng.randrange(20)
        if what == 0:
            os.chown(at, rng.randrange(9), rng.randrange(9), follow_symlinks=False)
        elif what == 1 and tree[path][0] != "l":
            os.setxattr(at, f"user.{rng.randrange(3)}", b"value %d" % rng.randrange(99))
        elif what == 2 and tree[path][0] == "d":
            os.chmod(at, rng.choice([0o755, 0o700, 0o1777]))
            tree[path] = ["d", stat.S_IMODE(os.lstat(at).st_mode), "", ""]
        elif what == 3 and tree[path][0] != "l":
            os.utime(at, (1, rng.randrange(1 << 30)))
    seen = look(top)
    if seen != by_first_name(tree):
        sys.exit(f"{top}: {[(p, tree.get(p), seen.get(p)) for p in set(tree) | set(seen) if tree.get(p) != seen.get(p)][:5]}")


def is_between(top, log, op, seen):
    """Whether a file is on its way to what an operation makes of it: in several requests, and without those that the kernel had not written back."""
    if op["path"] not in seen or op["what"] not in ("put", "over", "patch", "append"):
        return False
    there = read(f"{top}/{op['path']}")
    if op["what"] in ("put", "over"):  # cut, and then the bytes from the first to the last
        return content(op["key"], op["size"]).startswith(there)
    old = read(log + ".before")
    new = patched(old, op)
    if not len(old) <= len(there) <= len(new):
        return False
    old += bytes(len(new) - len(old))
    return all(byte in (old[i], new[i]) for i, byte in enumerate(there))


def check(top, log, state, mode):
    with open(state) as file:
        tree = json.load(file)
    pending, promised, count = None, False, 0
    for line in open(log).read().splitlines():
        if line == "promised":
            promised = True
        elif line == "done":
            tree, pending, count = apply(tree, pending), None, count + 1
        else:
            pending, promised = json.loads(line), False
    seen = look(top)
    allowed = [tree] if pending is None or not promised else []
    if pending is not None:
        with_it = apply(tree, pending)
        allowed.append(with_it)
        if not promised and is_between(top, log, pending, seen):
            between = dict(with_it)
            for name in names_of(with_it, pending["path"]):
                between[name] = [*between[name][:2], seen[pending["path"]][2], between[name][3]]
            allowed.append(between)
    allowed = [by_first_name(state) for state in allowed]
    if seen not in allowed:
        for name, expected in zip(["old", "new", "between"], allowed):
            for path in sorted(set(expected) | set(seen)):
                if expected.get(path) != seen.get(path):
                    print(f"{name}: {path} should be {expected.get(path)} and is {seen.get(path)}")
        sys.exit(f"{top}: neither the old nor the new state of {pending}, promised: {promised}")
    with open(state, "w") as file:
        json.dump(seen, file)
    print(count)


if sys.argv[1] == "look":
    json.dump(by_first_name(look(sys.argv[2])), sys.stdout, sort_keys=True)
elif sys.argv[1] == "names":
    for path, value in sorted(look(sys.argv[2]).items()):
        print(path, *value[:3])
else:
    {"work": work, "change": change, "check": check}[sys.argv[1]](*sys.argv[2:])
