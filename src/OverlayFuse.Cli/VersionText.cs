using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What --version prints.</summary>
internal static class VersionText
{
    /// <param name="programName">The name we were called by.</param>
    public static string For(string programName)
    {
        var version = typeof(VersionText).Assembly.GetName().Version!.ToString(3);
        var code = RuntimeFeature.IsDynamicCodeCompiled ? "just-in-time compiled" : "compiled ahead of time";
        var own = $"overlayfuse {version} (.NET {Environment.Version}, {code}, {RuntimeInformation.RuntimeIdentifier})\n";

        // podman info and people look for this line under this name.
        return programName == OverlayType.DropIn ? $"{programName}: version {version}\n{own}" : own;
    }
}
