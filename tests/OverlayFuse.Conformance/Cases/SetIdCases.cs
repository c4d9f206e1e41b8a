namespace OverlayFuse.Conformance;

/// <summary>setuid, setgid and file capabilities: who inherits them, and what takes them away.</summary>
internal static class SetIdCases
{
    // cap_net_raw=ep in version 2 (linux/capability.h).
    private static readonly byte[] NetRaw = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static Case[] All => OfFamily("setgid",
        Root("a new file has the group of a setgid directory", [ADirectory("d", 2777).OwnedBy(Bob, Staff)], () => As(Alice, () =>
        {
            Create("d/f");
            Same((Alice, Staff), OwnerOf("d/f"));
            Same(644, ModeOf("d/f"));
        })),
        Root("a new directory has the group and the bit", [ADirectory("d", 2777).OwnedBy(Bob, Staff)], () => As(Alice, () =>
        {
            Mkdir("d/e", 755).Ok();
            Same(((Alice, Staff), 2755), (OwnerOf("d/e"), ModeOf("d/e")));
        })),
        Root("a directory in a new directory has them too", [ADirectory("d", 2755).OwnedBy(Bob, Staff)], () =>
        {
            Mkdir("d/e").Ok();
            Mkdir("d/e/g").Ok();
            Same(((0u, Staff), 2755), (OwnerOf("d/e/g"), ModeOf("d/e/g")));
        }),
        Root("a new FIFO, socket and link have the group", [ADirectory("d", 2777).OwnedBy(Bob, Staff)], () => As(Alice, () =>
        {
            Mkfifo("d/p").Ok();
            Mknod("d/s", S_IFSOCK).Ok();
            Symlink("x", "d/l").Ok();
            Same(((Alice, Staff), (Alice, Staff), (Alice, Staff)), (OwnerOf("d/p"), OwnerOf("d/s"), OwnerOf("d/l")));
        })),
        Root("a new file keeps setgid for a member of the group", [ADirectory("d", 2777).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Staff], () =>
        {
            Create("d/f", 2755);
            Same(2755, ModeOf("d/f"));
        })),
        Root("a new file loses setgid for one who is no member", [ADirectory("d", 2777).OwnedBy(Bob, Staff)], () => As(Alice, () =>
        {
            Create("d/f", 2755);
            Same(755, ModeOf("d/f"));
        })),
        Root("a directory over a removed one has owner and setgid of its maker and place", [ADirectory("d", 2777).OwnedBy(Bob, Staff), ADirectory("d/e", 700).OwnedBy(Bob, Guests)], () =>
        {
            Rmdir("d/e").Ok();
            As(Alice, () => Mkdir("d/e").Ok());
            Same(((Alice, Staff), 2755), (OwnerOf("d/e"), ModeOf("d/e")));
        }),
        Root("chmod by an owner who is no member clears setgid", [AFile("f", "", 755).OwnedBy(Alice, Staff)], () => As(Alice, () =>
        {
            Chmod("f", 2755).Ok();
            Same(755, ModeOf("f"));
        })),
        Root("chmod by an owner who is a member keeps setgid", [AFile("f", "", 755).OwnedBy(Alice, Staff)], () => As(Alice, Alice, [Staff], () =>
        {
            Chmod("f", 2755).Ok();
            Same(2755, ModeOf("f"));
        })),
        Root("chmod of a directory by an owner who is no member clears setgid", [ADirectory("d").OwnedBy(Alice, Staff)], () => As(Alice, () =>
        {
            Chmod("d", 2755).Ok();
            Same(755, ModeOf("d"));
        })),
        Root("a write by another user clears setuid and setgid", [AFile("f", "text", 6777)], () =>
        {
            As(Alice, () => Write(Open("f", O_WRONLY).Ok(), "x").Gives(1));
            Same(777, ModeOf("f"));
        }),
        Root("a write by the owner clears them too", [AFile("f", "text", 6755).OwnedBy(Alice, Alice)], () => As(Alice, () =>
        {
            Write(Open("f", O_WRONLY).Ok(), "x").Gives(1);
            Same(755, ModeOf("f"));
        })),
        Root("a write by one who is no member clears setgid without execution by the group too", [AFile("f", "text", 2766)], () =>
        {
            As(Alice, () => Write(Open("f", O_WRONLY).Ok(), "x").Gives(1));
            Same(766, ModeOf("f"));
        }).Differs(Engine.Root, "saw 2766", "FUSE: FUSE_HANDLE_KILLPRIV_V2 takes setgid only where the group may execute"),
        Root("a write by a member leaves setgid without execution by the group", [AFile("f", "text", 2766).OwnedBy(Bob, Staff)], () =>
        {
            As(Alice, Alice, [Staff], () => Write(Open("f", O_WRONLY).Ok(), "x").Gives(1));
            Same(2766, ModeOf("f"));
        }),
        Root("a write by root leaves them", [AFile("f", "text", 6755)], () =>
        {
            Write(Open("f", O_WRONLY).Ok(), "x").Gives(1);
            Same(6755, ModeOf("f"));
        }),
        Root("an empty write leaves them", [AFile("f", "text", 6777)], () =>
        {
            As(Alice, () => Write(Open("f", O_WRONLY).Ok(), "").Gives(0));
            Same(6777, ModeOf("f"));
        }),
        Root("truncate by another user clears them", [AFile("f", "text", 6777)], () =>
        {
            As(Alice, () => Truncate("f", 2).Ok());
            Same(777, ModeOf("f"));
        }),
        Root("a chown that keeps both owners clears those of a file and of a FIFO", [AFile("f", "text", 6777), AFifo("p", 6777)], () =>
        {
            Chown("f", Keep, Keep).Ok();
            Chown("p", Keep, Keep).Ok();
            Same((777, 777), (ModeOf("f"), ModeOf("p")));
        }),
        Root("a chown by another user that keeps both owners is EPERM and leaves them", [AFile("f", "text", 6755), AFifo("p", 6777)], () =>
        {
            As(Alice, () =>
            {
                Chown("f", Keep, Keep).Is(PERM);
                Chown("p", Keep, Keep).Is(PERM);
            });
            Same((6755, 6777), (ModeOf("f"), ModeOf("p")));
        }),
        Anyone("a chown by the owner that keeps both owners clears them", [AFile("f", "text", 6755)], () =>
        {
            Chown("f", Keep, Keep).Ok();
            Same(755, ModeOf("f"));
        }),
        Root("a write by another user through a descriptor of root's clears them", [AFile("f", "text", 6755)], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            As(Alice, () => Write(fd, "x").Gives(1));
            Same(755, ModeOf("f"));
        }).Differs(Engine.WriteThrough, "saw PERM", "FUSE: without the writeback cache a write begins with the same request as a chown to the same owner, which must not disarm what others own"),
        Root("ftruncate by another user clears them", [AFile("f", "text", 6777)], () =>
        {
            As(Alice, () => FTruncate(Open("f", O_WRONLY).Ok(), 2).Ok());
            Same(777, ModeOf("f"));
        }),
        Root("O_TRUNC by another user clears them", [AFile("f", "text", 6777)], () =>
        {
            As(Alice, () => TryOpen("f", O_WRONLY | O_TRUNC).Ok());
            Same(777, ModeOf("f"));
        }),
        Root("fallocate by another user clears them", [AFile("f", "text", 6777)], () =>
        {
            As(Alice, () => Fallocate(Open("f", O_WRONLY).Ok(), 0, 0, 100).Ok());
            Same(777, ModeOf("f"));
        }),
        Root("copy_file_range by another user clears them", [AFile("f", "text", 6777), AFile("g", "bytes")], () =>
        {
            As(Alice, () => CopyFileRange(Open("g", O_RDONLY).Ok(), 0, Open("f", O_WRONLY).Ok(), 0, 5).Gives(5));
            Same(777, ModeOf("f"));
        }),
        Root("the mode without setuid is seen through the descriptor at once", [AFile("f", "text", 4777)], () => As(Alice, () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Write(fd, "x").Gives(1);
            Same(777, Digits(FStat(fd).Mode));
        })),
        Root("a change of times leaves them", [AFile("f", "text", 6755)], () =>
        {
            Utimens("f", Old, Old).Ok();
            Same(6755, ModeOf("f"));
        }),
        Root("a rename and a link leave them", [AFile("f", "text", 6755)], () =>
        {
            Rename("f", "g").Ok();
            Link("g", "h").Ok();
            Same(6755, ModeOf("h"));
        }),
        Root("a capability survives a change of mode", [AFile("f", "text", 755).With("security.capability", NetRaw)], () =>
        {
            Chmod("f", 700).Ok();
            GetXattr("f", "security.capability").Gives(NetRaw.Length);
        }),
        Root("a capability survives a rename", [AFile("f", "text", 755).With("security.capability", NetRaw)], () =>
        {
            Rename("f", "g").Ok();
            GetXattr("g", "security.capability").Gives(NetRaw.Length);
        }),
        Root("a capability goes with a write, root's too", [AFile("f", "text", 755).With("security.capability", NetRaw)], () =>
        {
            Write(Open("f", O_WRONLY).Ok(), "x").Gives(1);
            GetXattr("f", "security.capability").Is(NODATA);
        }),
        Root("a capability goes with truncation", [AFile("f", "text", 755).With("security.capability", NetRaw)], () =>
        {
            Truncate("f", 1).Ok();
            GetXattr("f", "security.capability").Is(NODATA);
        }),
        Root("a capability goes with a change of owner", [AFile("f", "text", 755).With("security.capability", NetRaw)], () =>
        {
            Chown("f", 1, 1).Ok();
            GetXattr("f", "security.capability").Is(NODATA);
        }),
        Root("a capability is set", [AFile("f", "text", 755)], () =>
        {
            SetXattr("f", "security.capability", NetRaw).Ok();
            GetXattr("f", "security.capability", out var value).Gives(NetRaw.Length);
            Same(Convert.ToHexString(NetRaw), Convert.ToHexString(value));
        }),
        Root("a capability set on a file that was just written stays", [], () =>
        {
            var fd = Open("new", O_RDWR | O_CREAT, 755).Ok();
            Write(fd, "text").Gives(4);
            SetXattr("new", "security.capability", NetRaw).Ok();
            FSync(fd).Ok();
            GetXattr("new", "security.capability").Gives(NetRaw.Length);
        }),
        Root("a capability goes when it was set between two writes", [], () =>
        {
            var fd = Open("new", O_RDWR | O_CREAT, 755).Ok();
            Write(fd, "text").Gives(4);
            SetXattr("new", "security.capability", NetRaw).Ok();
            Write(fd, "text").Gives(4);
            FSync(fd).Ok();
            GetXattr("new", "security.capability").Is(NODATA);
        }),
        Root("what is written through a mapping leaves a capability", [AFile("f", "text", 755).With("security.capability", NetRaw)], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            using (var map = Map(fd, PROT_READ | PROT_WRITE)) map[0] = 'T';
            FSync(fd).Ok();
            Same("Text", TextOf("f"));
            GetXattr("f", "security.capability").Gives(NetRaw.Length);
        }),
        Anyone("what is written through a mapping leaves setuid and setgid", [AFile("f", "text", 755)], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            using var map = Map(fd, PROT_READ | PROT_WRITE);
            map[0] = 'T';
            FChmod(fd, 6755).Ok();
            map[1] = 'E';
            FSync(fd).Ok();
            Same(("TExt", 6755), (TextOf("f"), ModeOf("f")));
        }),
        Ordinary("a capability by an ordinary user is EPERM", [AFile("f", "text", 755)], () => SetXattr("f", "security.capability", NetRaw).Is(PERM)));
}
