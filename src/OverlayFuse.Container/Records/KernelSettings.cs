using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--sysctl: settings of the kernel that each container has for itself, or with its network. Pure.</summary>
internal static class KernelSettings
{
    private static readonly string[] OfIpc =
        ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"];

    /// <returns>Null where there are none.</returns>
    /// <exception cref="RefusedException">One is the whole machine's, in docker's words.</exception>
    public static SortedDictionary<string, string>? Read(IReadOnlyList<string> texts, string network)
    {
        if (texts.Count == 0) return null;
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.IndexOf('=');
            var name = at < 0 ? text : text[..at];
            var isOfNetwork = name.StartsWith("net.", StringComparison.Ordinal);
            if (at < 0 || !(OfIpc.Contains(name) || isOfNetwork || name.StartsWith("fs.mqueue.", StringComparison.Ordinal)))
                throw new RefusedException($"invalid argument \"{text}\" for \"--sysctl\" flag: sysctl '{text}' is not allowed", 125);
            if (isOfNetwork && network == "host") throw new RefusedException($"sysctl '{name}' is not allowed with the network of the host.", 125);
            settings[name] = text[(at + 1)..];
        }
        return settings;
    }
}
