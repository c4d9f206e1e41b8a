using System.CommandLine;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse mount -o OPTIONS MERGED".</summary>
internal static class MountVerb
{
    public static Command Create()
    {
        var arguments = new MountArguments();
        var command = new Command("mount", "Mount a union: overlayfuse mount -o lowerdir=A:B:C,upperdir=U,workdir=W MERGED. Without an upperdir it is read-only.");
        arguments.AddTo(command);
        command.SetAction(result => MountAction.Run(MountForm.Verb, new MountWords
        {
            MountPoint = MountPoint(arguments.Places(result)),
            OptionLists = arguments.OptionLists(result),
            LayerFile = arguments.LayerFile(result),
            LogFile = arguments.LogFile(result),
            Foreground = arguments.Foreground(result),
            Debug = arguments.Debug(result),
        }));
        return command;
    }

    private static byte[] MountPoint(string[] places)
    {
        var flag = Array.Find(places, place => place.StartsWith('-'));
        if (flag is not null) throw new MountException($"there is no flag \"{ByteText.Show(flag)}\". Options of the mount are written -o NAME; overlayfuse mount --help shows the flags.");
        return places switch
        {
            [var only] => ByteText.Bytes(only),
            [] => throw new MountException("the mount point is missing: overlayfuse mount -o lowerdir=A:B,upperdir=U,workdir=W MERGED"),
            [var first, var second, ..] =>
                throw new MountException($"\"{ByteText.Show(first)}\" and \"{ByteText.Show(second)}\" both look like the mount point; there can be only one. Write options " +
                    "after -o, without blanks between them."),
        };
    }
}
