using System.Globalization;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>What root in a container may (capabilities(7)): docker's usual ones, and what --cap-add, --cap-drop and --privileged make of them. Pure.</summary>
internal static class Capabilities
{
    private const string All = "ALL";
    private const string Prefix = "CAP_";

    // In the order of their numbers (linux/capability.h).
    private static readonly string[] Names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
        "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    ];

    private static readonly string[] Usual =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    /// <summary>The words of --cap-add and --cap-drop with their prefix and in order; what is in both is added, and ALL makes others needless.</summary>
    /// <exception cref="RefusedException">There is no such capability, in docker's words.</exception>
    public static (List<string>? Add, List<string>? Drop) Read(IEnumerable<string> add, IEnumerable<string> drop)
    {
        var (added, dropped) = (Normal(add, "CapAdd"), Normal(drop, "CapDrop"));
        return (Some(added), Some(dropped.Except(added)));
    }

    /// <param name="available">Bit by bit, what there is to be given: the bounding set of who makes the container.</param>
    public static List<string> Of(ContainerRecord record, ulong available)
    {
        List<string> add = record.CapAdd ?? [];
        List<string> drop = record.CapDrop ?? [];
        if (record.Privileged) return Every(available);
        if (add.Contains(All)) return [.. Every(available).Except(drop)];
        return drop.Contains(All) ? add : [.. Usual.Except(drop).Union(add)];
    }

    /// <summary>Those that there are to be given.</summary>
    public static List<string> Every(ulong available) => [.. Names.Where((_, number) => (available >> number & 1) == 1)];

    /// <summary>The bounding set in the text of /proc/PID/status; all, where it is not said.</summary>
    public static ulong BoundingSet(string status)
    {
        const string field = "\nCapBnd:";
        var at = status.IndexOf(field, StringComparison.Ordinal);
        var digits = at < 0 ? "" : status[(at + field.Length)..].Split('\n')[0].Trim();
        return ulong.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits) ? bits : ulong.MaxValue;
    }

    private static SortedSet<string> Normal(IEnumerable<string> words, string field)
    {
        var normal = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var word in words)
        {
            var name = word.Trim().ToUpperInvariant();
            if (name != All && !name.StartsWith(Prefix, StringComparison.Ordinal)) name = Prefix + name;
            if (name != All && !Names.Contains(name)) throw new RefusedException($"invalid {field}: unknown capability: \"{name}\".");
            normal.Add(name);
        }
        return normal.Contains(All) ? [All] : normal;
    }

    private static List<string>? Some(IEnumerable<string> names) => names.ToList() is { Count: > 0 } some ? some : null;
}
