"""Makes an idmapped mount of DIRECTORY on PLACE (mount_setattr(2)), does things through it by several users, and prints what they saw and what is stored.

    idmapped.py DIRECTORY PLACE        on-disk ids 1000-1009 are 2000-2009 through PLACE
"""
import ctypes
import errno
import os
import platform
import signal
import struct
import sys

directory, place = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
open_tree, move_mount, mount_setattr = 428, 429, 442  # the same on all architectures
setresuid, setresgid = {"x86_64": (117, 119), "aarch64": (147, 149)}[platform.machine()]
AT_EMPTY_PATH, OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH, MOUNT_ATTR_IDMAP = 0x1000, 1, 4, 0x100000


def call(*arguments):
    result = libc.syscall(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def namespace():
    """A user namespace in which the ids 1000-1009 are 2000-2009 outside."""
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        libc.unshare(0x10000000)  # CLONE_NEWUSER
        os.write(go, b"x")
        while True:
            signal.pause()
    os.read(ready, 1)
    for name in "uid_map", "gid_map":
        with open(f"/proc/{child}/{name}", "w") as file:
            file.write("1000 2000 10\n")
    fd = os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return fd


tree = call(open_tree, -100, directory.encode(), OPEN_TREE_CLONE | os.O_CLOEXEC)
attributes = struct.pack("QQQQ", MOUNT_ATTR_IDMAP, 0, 0, namespace())
call(mount_setattr, tree, b"", AT_EMPTY_PATH, attributes, len(attributes))
call(move_mount, tree, b"", -100, place.encode(), MOVE_MOUNT_F_EMPTY_PATH)


def by(user, name, action):
    """Does something as a user of that id and prints how it went."""
    os.setgroups([])
    os.setresgid(user, user, 0)
    os.setresuid(user, user, 0)
    try:
        said = action()
    except OSError as error:
        said = errno.errorcode[error.errno]
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
    print(f"{user} {name}: {said}")


def owner(path):
    status = os.lstat(path)
    return f"{status.st_uid}:{status.st_gid} {status.st_mode & 0o7777:o}"


def write(path):
    with open(path, "w") as file:
        file.write("x")


try:
    os.chdir(place)
    by(0, "looks", lambda: [owner(name) for name in ("d", "d/f", "d/private")])
    by(2000, "reads its file", lambda: open("d/private").read())
    by(2001, "reads another's file", lambda: open("d/private").read())
    by(1000, "reads with the id on disk", lambda: open("d/private").read())
    by(2000, "writes", lambda: write("d/f"))
    by(2000, "makes a file", lambda: write("d/made"))
    by(2000, "makes a directory", lambda: os.mkdir("d/directory"))
    by(2000, "makes a link", lambda: os.symlink("f", "d/link"))
    by(2000, "makes a fifo", lambda: os.mkfifo("d/fifo"))
    by(2001, "makes a file where it may not", lambda: write("d/not"))
    by(3000, "makes a file without an id", lambda: write("open/not"))
    by(3000, "makes a directory without an id", lambda: os.mkdir("open/not"))
    by(0, "makes a file without an id", lambda: write("open/not"))
    by(0, "gives a file away", lambda: os.chown("d/made", 2005, 2006))
    by(0, "gives a file to an id that has none", lambda: os.chown("d/made", 3000, 3000))
    by(2000, "changes a mode", lambda: os.chmod("d/f", 0o640))
    by(2001, "changes another's mode", lambda: os.chmod("d/f", 0o777))
    by(2000, "moves a file", lambda: os.rename("d/f", "d/g"))
    by(2000, "makes one in a setgid directory", lambda: write("setgid/f"))
    by(0, "looks again", lambda: [owner(name) for name in ("d/made", "d/directory", "d/link", "d/fifo", "d/g", "setgid/f")])
    os.chdir(directory)
    by(0, "sees on disk", lambda: [owner(name) for name in ("d/made", "d/directory", "d/link", "d/fifo", "d/g", "setgid/f")])
finally:
    os.chdir("/")
    libc.umount2(place.encode(), 2)
