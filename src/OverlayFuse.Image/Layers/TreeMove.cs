using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image;

/// <summary>Moves what a directory holds into another one of the same file system.</summary>
internal static class TreeMove
{
    /// <summary>What has a name there already stays, and so does the one that would take its place.</summary>
    public static Errno Run(DirFd from, DirFd to)
    {
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(from, names);
        foreach (var name in names)
        {
            if (error != Errno.None) break;
            error = Syscall.RenameAt2(from, name, to, name, RenameFlags.NoReplace);
            if (error == Errno.INVAL && Syscall.StatAt(to, name, cached: false, out _) == Errno.NOENT) error = Syscall.RenameAt2(from, name, to, name, RenameFlags.None); // a network's file system
            if (error is Errno.EXIST or Errno.INVAL) error = Errno.None;
        }
        return error;
    }
}
