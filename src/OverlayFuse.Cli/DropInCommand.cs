using System.CommandLine;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse -o OPTIONS MERGED" as container tools call fuse-overlayfs, and "overlayfuse SOURCE MERGED -o OPTIONS" as mount(8) does.</summary>
internal static class DropInCommand
{
    // Of libfuse and of mount(8): single-threaded, sloppy, no mtab, verbose.
    private static readonly string[] Quiet = ["-s", "-n", "-v"];

    public static RootCommand Create(bool mountHelper)
    {
        var arguments = new MountArguments();
        var type = new Option<string>("-t") { Hidden = true };
        var command = new RootCommand("A union of directories, without root.");
        arguments.AddTo(command);
        command.Options.Add(type);
        command.Directives.Clear(); // a word in brackets is a path like any other
        command.SetAction(result =>
        {
            var places = Array.FindAll(arguments.Places(result), place => !place.StartsWith('-'));
            var words = new MountWords
            {
                MountPoint = MountPoint(places),
                Source = places.Length == 2 ? ByteText.Bytes(places[0]) : null,
                OptionLists = arguments.OptionLists(result),
                LayerFile = arguments.LayerFile(result),
                LogFile = arguments.LogFile(result),
                Foreground = arguments.Foreground(result) && !mountHelper,
            };
            foreach (var flag in arguments.Places(result).Where(place => place.StartsWith('-') && !Quiet.Contains(place)))
                Terminal.Say($"unknown flag \"{ByteText.Show(flag)}\" ignored.");

            // mount -f: "do everything but the mount".
            return mountHelper && arguments.Foreground(result) ? 0 : MountAction.Run(MountForm.DropIn, words);
        });
        return command;
    }

    private static byte[] MountPoint(string[] places) => places switch
    {
        [var only] => ByteText.Bytes(only),
        [_, var last] => ByteText.Bytes(last),
        [] => throw new MountException("the mount point is missing: overlayfuse -o lowerdir=A:B,upperdir=U,workdir=W MERGED"),
        _ => throw new MountException($"there are {places.Length} words where one or two are expected: a source, which may be left out, and the mount point."),
    };
}
