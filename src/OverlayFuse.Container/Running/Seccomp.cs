using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace OverlayFuse.Container;

/// <summary>
/// Which system calls a container may make (OCI runtime-spec, "linux.seccomp"): those of seccomp.txt, some by what it is allowed otherwise, and a few by their
/// arguments. Others fail with EPERM.
/// </summary>
internal static class Seccomp
{
    private const int NotPermitted = 1; // EPERM
    private const int NotThere = 38; // ENOSYS: callers of clone3 then try clone
    private const ulong NewNamespaces = 0x7e020000; // all CLONE_NEW flags
    private const ulong VirtualMachineSockets = 40; // AF_VSOCK

    // personality(2): Linux, old Linux, both without random addresses, and asking.
    private static readonly ulong[] Personalities = [0, 8, 0x20000, 0x20008, 0xffffffff];

    /// <param name="capabilities">What root in the container may.</param>
    public static JsonObject Profile(Architecture architecture, IReadOnlyCollection<string> capabilities)
    {
        List<JsonNode?> calls =
        [
            Allow(Names(architecture, capabilities)),
            Allow(["socket"], Argument(0, VirtualMachineSockets, "SCMP_CMP_NE")),
            .. Personalities.Select(personality => Allow(["personality"], Argument(0, personality, "SCMP_CMP_EQ"))),
        ];
        if (!capabilities.Contains("CAP_SYS_ADMIN")) // who has it may make namespaces
        {
            calls.Add(Allow(["clone"], Argument(0, NewNamespaces, "SCMP_CMP_MASKED_EQ")));
            calls.Add(new JsonObject { ["names"] = new JsonArray("clone3"), ["action"] = "SCMP_ACT_ERRNO", ["errnoRet"] = NotThere });
        }
        return new JsonObject
        {
            ["defaultAction"] = "SCMP_ACT_ERRNO",
            ["defaultErrnoRet"] = NotPermitted,
            ["architectures"] = architecture == Architecture.Arm64 ? new JsonArray("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM") : new JsonArray("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
            ["syscalls"] = new JsonArray([.. calls]),
        };
    }

    /// <summary>The names in seccomp.txt: a line "name: calls"; a name that is an architecture's or a capability's is for that one only.</summary>
    internal static IEnumerable<string> Names(Architecture architecture, IReadOnlyCollection<string> capabilities) => Lines(architecture, capabilities).Distinct();

    private static IEnumerable<string> Lines(Architecture architecture, IReadOnlyCollection<string> capabilities)
    {
        using var reader = new StreamReader(typeof(Seccomp).Assembly.GetManifestResourceStream("seccomp.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#') || line.Split(':') is not [var family, var calls]) continue;
            if (family is "x64" or "arm64" && !family.Equals(architecture.ToString(), StringComparison.OrdinalIgnoreCase)) continue;
            if (family.StartsWith("CAP_", StringComparison.Ordinal) && !capabilities.Contains(family)) continue;
            foreach (var call in calls.Split(' ', StringSplitOptions.RemoveEmptyEntries)) yield return call;
        }
    }

    private static JsonObject Allow(IEnumerable<string> names, params JsonObject[] arguments)
    {
        var rule = new JsonObject { ["names"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]), ["action"] = "SCMP_ACT_ALLOW" };
        if (arguments.Length > 0) rule["args"] = new JsonArray([.. arguments]);
        return rule;
    }

    private static JsonObject Argument(int index, ulong value, string comparison) => new() { ["index"] = index, ["value"] = value, ["valueTwo"] = 0, ["op"] = comparison };
}
