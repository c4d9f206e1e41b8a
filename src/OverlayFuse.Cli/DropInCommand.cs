using System.CommandLine;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse -o OPTIONS MERGED" as container tools call fuse-overlayfs, and "overlayfuse SOURCE MERGED -o OPTIONS" as mount(8) does.</summary>
internal static class DropInCommand
{
    public static Command Create(MountArguments arguments, RawArguments raw)
    {
        var name = CommandWords.IsNamedByOthers(raw) ? raw.ProgramName : OverlayType.Own;
        var usage = CommandWords.IsMountHelper(raw) ? "SOURCE MERGED -o lowerdir=A:B:C,upperdir=U,workdir=W" : "-o lowerdir=A:B:C,upperdir=U,workdir=W MERGED";
        var command = CommandWords.Root($"Mounts a union of directories: {name} {usage}. By its own name, overlayfuse, this program has verbs too: see overlayfuse --help, and overlayfuse(1).", name);
        arguments.AddTo(command, CommandWords.IsMountHelper(raw));

        // Of mount(8) to its helpers: the type; the namespace, which it has entered by then.
        foreach (var flag in new[] { "-t", "-N" }) command.Options.Add(new Option<string>(flag) { Hidden = true });

        // Of libfuse and of mount(8): single-threaded, sloppy, no mtab, verbose.
        foreach (var flag in new[] { "-s", CommandWords.NoMeaning, "-v" }) command.Options.Add(new Option<bool>(flag) { Hidden = true });

        // The library's own wants to stand alone; fuse-overlayfs answers it wherever it stands.
        var version = new Option<bool>("--version", "-V") { Description = "Show version information" };
        command.Options.Add(version);
        command.SetAction(result =>
        {
            if (!result.GetValue(version)) return Run(arguments, result, raw);
            Terminal.Print(VersionText.For(raw.ProgramName));
            return 0;
        });
        return command;
    }

    // mount -f: "do everything but the mount".
    private static int Run(MountArguments arguments, ParseResult result, RawArguments raw)
    {
        var mountHelper = CommandWords.IsMountHelper(raw);
        var words = Words(arguments, result, raw);
        var fake = mountHelper && arguments.Foreground(result);
        if (!fake && Caller.Current().IsRoot && MountFuse3.IsAskedFor(words)) return MountFuse3.Run(words);
        return MountAction.Run(mountHelper ? MountForm.MountHelper : MountForm.DropIn, words, fake);
    }

    /// <summary>What the words say; one line on standard error for each flag that is not known.</summary>
    internal static MountWords Words(MountArguments arguments, ParseResult result, RawArguments raw)
    {
        var places = arguments.Places(result).ToLookup(place => place.StartsWith('-'));
        foreach (var flag in places[true]) Terminal.Say($"unknown flag \"{ByteText.Show(flag)}\" ignored.");
        return new MountWords
        {
            MountPoint = MountPoint([.. places[false]]),
            Source = places[false].Count() == 2 ? ByteText.Bytes(places[false].First()) : null,
            Subtype = raw.ProgramName == OverlayType.DropIn ? OverlayType.DropIn : OverlayType.Own,
            OptionLists = arguments.OptionLists(result),
            LayerFile = arguments.LayerFile(result),
            LogFile = arguments.LogFile(result),
            Foreground = arguments.Foreground(result) && !CommandWords.IsMountHelper(raw),
            Debug = arguments.Debug(result),
        };
    }

    private static byte[] MountPoint(string[] places) => places switch
    {
        [var only] => ByteText.Bytes(only),
        [_, var last] => ByteText.Bytes(last),
        [] => throw new MountException("the mount point is missing: overlayfuse -o lowerdir=A:B,upperdir=U,workdir=W MERGED"),
        _ => throw new MountException($"there are {places.Length} words, but one or two are expected: a source, which may be left out, and the mount point."),
    };
}
