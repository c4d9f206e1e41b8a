# The load of kill.sh, and the check afterwards. Each worker has a directory of its own in the union and notes outside, before each operation, what
# it will do, and after it that it was done; so of one operation a worker it is open whether it happened, of all others it is known.
#
#   random-load.py work DIRECTORY LOG STATE SEED MODE     works until the mount dies
#   random-load.py look DIRECTORY                         prints what is there as the first STATE
#   random-load.py check DIRECTORY LOG STATE MODE         compares, and writes what is there as the next STATE
import errno, hashlib, json, os, random, stat, sys, time


def content(key, size):
    return random.Random(key).randbytes(size)


def look(top):
    """What a directory tree is: path -> [type, mode, sha256 or target]."""
    tree = {}

    def walk(path):
        names = [e.name for e in os.scandir(f"{top}/{path}")]
        if len(names) != len(set(names)):
            sys.exit(f"{top}/{path} lists a name twice: {sorted(names)}")
        for name in names:
            at = f"{path}{name}"
            status = os.lstat(f"{top}/{at}")
            mode = stat.S_IMODE(status.st_mode)
            if stat.S_ISDIR(status.st_mode):
                tree[at] = ["d", mode, ""]
                walk(at + "/")
            elif stat.S_ISLNK(status.st_mode):
                tree[at] = ["l", 0, os.readlink(f"{top}/{at}")]
            else:
                with open(f"{top}/{at}", "rb") as file:
                    tree[at] = ["f", mode, hashlib.sha256(file.read()).hexdigest()]

    walk("")
    return tree


def apply(tree, op):
    """The tree after an operation."""
    tree = dict(tree)
    what, path = op["what"], op["path"]
    if what in ("put", "over"):
        old = tree.get(path)
        tree[path] = ["f", old[1] if old else 0o644, hashlib.sha256(content(op["key"], op["size"])).hexdigest()]
    elif what == "rm" or what == "rmdir":
        del tree[path]
    elif what == "mkdir":
        tree[path] = ["d", 0o755, ""]
    elif what == "symlink":
        tree[path] = ["l", 0, op["to"]]
    elif what == "chmod":
        tree[path] = [tree[path][0], op["mode"], tree[path][2]]
    elif what == "mv":
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
        what = rng.choice(["put", "put", "over", "over", "rm", "mkdir", "rmdir", "symlink", "chmod", "mv", "mv", "mvdir"])
        op = {"what": what, "key": rng.randrange(1 << 30), "size": rng.choice([1, 100, 4096, 5000, 70000, 300000]), "sync": rng.random() < 0.3}
        if what == "put":
            return op | {"path": free()}
        if what == "over" and files:
            return op | {"path": rng.choice(files)}
        if what == "rm" and len(files) > 10:
            return op | {"path": rng.choice(files)}
        if what == "mkdir" and len(directories) < 30:
            return op | {"path": free()}
        if what == "symlink":
            return op | {"path": free(), "to": f"nowhere{rng.randrange(99)}"}
        if what == "chmod" and files:
            return op | {"path": rng.choice(files), "mode": rng.choice([0o600, 0o644, 0o755, 0o444])}
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


def carry_out(top, op, note, mode):
    what, path = op["what"], f"{top}/{op['path']}"
    if what in ("put", "over"):
        bytes_ = content(op["key"], op["size"])
        flags = os.O_RDWR | (os.O_CREAT | os.O_EXCL if what == "put" else os.O_TRUNC)
        fd = os.open(path, flags, 0o644)
        while bytes_:
            bytes_ = bytes_[os.write(fd, bytes_):]
        if mode != "cached":
            note("promised")
        if op["sync"]:
            os.fsync(fd)
            note("promised")
        os.close(fd)
    elif what == "rm":
        os.unlink(path)
    elif what == "mkdir":
        os.mkdir(path, 0o755)
    elif what == "rmdir":
        os.rmdir(path)
    elif what == "symlink":
        os.symlink(op["to"], path)
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
        if op["what"] == "over" and not tree[op["path"]][1] & 0o200 and os.geteuid() != 0:
            continue  # not ours to write
        note(op)
        try:
            carry_out(top, op, note, mode)
        except OSError as error:
            if error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO):
                return  # the daemon is dead
            sys.exit(f"{op}: {error}")
        note("done")
        tree = apply(tree, op)


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
        allowed.append(apply(tree, pending))
        if pending["what"] in ("put", "over") and not promised:
            path = pending["path"]
            with_it = apply(tree, pending)
            if path in seen:
                # In several requests: cut, and then the bytes from the first to the last.
                with open(f"{top}/{path}", "rb") as file:
                    there = file.read()
                if content(pending["key"], pending["size"]).startswith(there):
                    with_it[path] = [seen[path][0], with_it[path][1], seen[path][2]]
                    allowed.append(with_it)
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
    json.dump(look(sys.argv[2]), sys.stdout)
else:
    {"work": work, "check": check}[sys.argv[1]](*sys.argv[2:])
