using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The options of "--tmpfs PATH:OPTIONS": flags of mount(8), and what tmpfs(5) takes. Pure.</summary>
internal static class TmpfsOptions
{
    private static readonly string[] Flags =
    [
        "defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync", "mand", "nomand", "atime", "noatime", "diratime",
        "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime", "private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable",
    ];

    private static readonly string[] Values = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];

    /// <exception cref="RefusedException">One is none, in docker's words.</exception>
    public static string[] Check(string options)
    {
        var all = options.Split(',', StringSplitOptions.RemoveEmptyEntries);
        foreach (var parts in all.Where(option => !Flags.Contains(option)).Select(option => option.Split('=', 2)))
        {
            if (parts.Length < 2 || !Values.Contains(parts[0])) throw new RefusedException($"invalid tmpfs option [{string.Join(' ', parts.Select(part => $"\"{part}\""))}]");
        }
        return all;
    }
}
