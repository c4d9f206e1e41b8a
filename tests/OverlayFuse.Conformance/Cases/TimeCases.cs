namespace OverlayFuse.Conformance;

/// <summary>utimensat(2), futimens(3), and who moves which time.</summary>
internal static class TimeCases
{
    private const string NoAccessTimes = "FUSE: the page cache answers without the daemon, and the kernel keeps no times of access";

    private static readonly Timestamp Future = new(4_000_000_000, 5); // beyond 32 bits
    private static readonly Timestamp Farthest = new(1L << 40, 0); // beyond ext4 and XFS

    public static Case[] All => OfFamily("utimensat",
        Anyone("both times are set to the nanosecond", [AFile("f", "text")], () =>
        {
            Utimens("f", Older, Old).Ok();
            Same((Older, Old), (LStat("f").AccessTime, LStat("f").ModifyTime));
        }),
        Anyone("UTIME_OMIT leaves the time of access", [AFile("f")], () =>
        {
            Utimens("f", Older, Older).Ok();
            Utimens("f", Omit, Old).Ok();
            Same((Older, Old), (LStat("f").AccessTime, LStat("f").ModifyTime));
        }),
        Anyone("UTIME_OMIT leaves the time of modification", [AFile("f")], () =>
        {
            Utimens("f", Older, Older).Ok();
            Utimens("f", Old, Omit).Ok();
            Same((Old, Older), (LStat("f").AccessTime, LStat("f").ModifyTime));
        }),
        Anyone("UTIME_OMIT twice changes nothing, the change time included", [AFile("f")], () => Moves("f", "", () => Utimens("f", Omit, Omit).Ok())),
        Anyone("UTIME_OMIT twice of a name that is not there succeeds or is ENOENT", [], () => Utimens("x", Omit, Omit).Is(None, NOENT)),
        Anyone("UTIME_NOW sets the time of modification", [AFile("f")], () =>
        {
            Utimens("f", Old, Old).Ok();
            Utimens("f", Omit, Now).Ok();
            True(LStat("f").ModifyTime.Seconds > Old.Seconds);
            Same(Old, LStat("f").AccessTime);
        }),
        Anyone("UTIME_NOW sets the time of access", [AFile("f")], () =>
        {
            Utimens("f", Old, Old).Ok();
            Utimens("f", Now, Omit).Ok();
            True(LStat("f").AccessTime.Seconds > Old.Seconds);
            Same(Old, LStat("f").ModifyTime);
        }),
        Anyone("no times at all is now", [AFile("f")], () =>
        {
            Utimens("f", Old, Old).Ok();
            Touch("f").Ok();
            True(LStat("f").ModifyTime.Seconds > Old.Seconds);
            True(LStat("f").AccessTime.Seconds > Old.Seconds);
        }),
        Anyone("a time after 2038 is kept", [AFile("f")], () =>
        {
            Utimens("f", Future, Future).Ok();
            Same(Future, LStat("f").ModifyTime);
        }),
        Anyone("a time before 1970 is kept", [AFile("f")], () =>
        {
            Utimens("f", new Timestamp(-1000, 7), new Timestamp(-2000, 8)).Ok();
            Same(new Timestamp(-2000, 8), LStat("f").ModifyTime);
        }),
        Anyone("a time that cannot be kept is cut alike everywhere", [AFile("f"), ADirectory("d")], () =>
        {
            Utimens("f", Farthest, Farthest).Ok();
            Utimens("d", Farthest, Farthest).Ok();
            Same(LStat("d").ModifyTime.Seconds, LStat("d").AccessTime.Seconds);
            Same(LStat("f").AccessTime.Seconds, LStat("f").ModifyTime.Seconds);
        }).Differs(Engine.Writeback, "LStat(\"f\").ModifyTime.Seconds: expected", "FUSE: with the writeback cache the kernel keeps the time of modification as it was asked for, and takes none from the daemon"),
        Anyone("nanoseconds over 999999999 are EINVAL", [AFile("f")], () => Utimens("f", new Timestamp(1, 1_000_000_000), Old).Is(INVAL)),
        Anyone("a flag that is none is EINVAL", [AFile("f")], () => Utimens("f", Old, Old, 0x1).Is(INVAL)),
        Anyone("a directory", [ADirectory("d"), AFile("d/f")], () =>
        {
            Utimens("d", Older, Old).Ok();
            Same((Older, Old), (LStat("d").AccessTime, LStat("d").ModifyTime));
        }),
        Anyone("a link passes them to its target", [AFile("f"), ASymlink("l", "f")], () =>
        {
            Utimens("l", Old, Old).Ok();
            Same(Old, LStat("f").ModifyTime);
            True(LStat("l").ModifyTime != Old);
        }),
        Anyone("AT_SYMLINK_NOFOLLOW sets those of the link", [AFile("f"), ASymlink("l", "f")], () =>
        {
            Utimens("l", Older, Old, AT_SYMLINK_NOFOLLOW).Ok();
            Same(Old, LStat("l").ModifyTime);
            True(LStat("f").ModifyTime != Old);
        }),
        Anyone("a FIFO", [AFifo("p")], () =>
        {
            Utimens("p", Older, Old).Ok();
            Same(Old, LStat("p").ModifyTime);
        }),
        Anyone("futimens of an open file", [AFile("f", "text")], () =>
        {
            FUtimens(Open("f", O_RDONLY).Ok(), Older, Old).Ok();
            Same(Old, LStat("f").ModifyTime);
        }),
        Anyone("futimens after a write holds", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            PWrite(fd, "new!", 0).Gives(4);
            FUtimens(fd, Older, Old).Ok();
            Close(fd).Ok();
            Same((Older, Old), (LStat("f").AccessTime, LStat("f").ModifyTime));
            Same("new!", TextOf("f"));
        }),
        Anyone("futimens of a file without a name", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Unlink("f").Ok();
            FUtimens(fd, Older, Old).Ok();
            Same(Old, FStat(fd).ModifyTime);
        }),
        Anyone("a name that is not there is ENOENT", [], () => Utimens("x", Old, Old).Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Utimens("f/x", Old, Old).Is(NOTDIR)),
        Anyone("a circle of links is ELOOP", [ASymlink("a", "a")], () => Utimens("a", Old, Old).Is(LOOP)),
        Anyone("the change time moves", [AFile("f")], () => Moves("f", "mc", () => Utimens("f", Old, Old).Ok())),
        Ordinary("through a directory that may not be searched it is EACCES", [ADirectory("d", 666), AFile("d/f")], () => Utimens("d/f", Old, Old).Is(ACCES)),
        Ordinary("the owner may set any time of a file that may not be written", [AFile("f", "", 444)], () =>
        {
            Utimens("f", Old, Old).Ok();
            Same(Old, LStat("f").ModifyTime);
        }),
        Root("a writer may set now", [AFile("f", "", 666)], () => As(Alice, () => Touch("f").Ok())),
        Root("a writer may set now by UTIME_NOW twice", [AFile("f", "", 666)], () => As(Alice, () => Utimens("f", Now, Now).Ok())),
        Root("a writer may not set a time: EPERM", [AFile("f", "", 666)], () => As(Alice, () => Utimens("f", Old, Old).Is(PERM))),
        Root("a writer may not set one time to now and leave the other: EPERM", [AFile("f", "", 666)], () => As(Alice, () => Utimens("f", Now, Omit).Is(PERM))),
        Root("who may not write may not set now: EACCES", [AFile("f", "", 644)], () => As(Alice, () => Touch("f").Is(ACCES))),
        Root("who may not write may not set a time: EPERM", [AFile("f", "", 644)], () => As(Alice, () => Utimens("f", Old, Old).Is(PERM))),
        Root("a writer by a supplementary group may set now", [AFile("f", "", 664).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Staff], () => Touch("f").Ok())),
        Anyone("reading moves no time of modification or change", [AFile("f", "text")], () => Moves("f", "", () => TextOf("f"))),
        Anyone("reading moves the time of access, from the cache too", [AFile("f", "text")], () =>
        {
            Same("text", TextOf("f"));
            Utimens("f", Older, Old).Ok();
            Same("text", TextOf("f"));
            True(LStat("f").AccessTime.Seconds > Old.Seconds);
        }).Differs(Engine.Ours & ~Engine.Passthrough, "AccessTime", NoAccessTimes).Differs(Engine.Passthrough, "AccessTime", NoAccessTimes, Origin.Below),
        Anyone("a write moves modification and change", [AFile("f", "text")], () => Moves("f", "mc", () =>
        {
            var fd = Open("f", O_WRONLY).Ok();
            Write(fd, "x").Gives(1);
            Close(fd).Ok();
        })),
        Anyone("an empty write moves nothing", [AFile("f", "text")], () => Moves("f", "", () => Write(Open("f", O_WRONLY).Ok(), "").Gives(0)))
            .Differs(Engine.Kernel, "saw 'c'", "kernel overlayfs copies up at open(2), and nobody can set a time of change", Origin.Below),
        Anyone("a write leaves the times of the directory", [ADirectory("d"), AFile("d/f")], () => Moves("d", "", () => Write(Open("d/f", O_WRONLY).Ok(), "x").Gives(1)))
            .Differs(Engine.Kernel, "saw 'c'", "kernel overlayfs copies up at open(2), and nobody can set a time of change", Origin.Below),
        Anyone("times of a write are seen through the descriptor and the name alike", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            PWrite(fd, "x", 0).Gives(1);
            Same(FStat(fd).ModifyTime, LStat("f").ModifyTime);
            Same(FStat(fd).ChangeTime, LStat("f").ChangeTime);
        }));
}
