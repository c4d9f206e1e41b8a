using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>A change of a file's length that was asked for, with what goes along with it.</summary>
/// <param name="KeepsTime">The time of modification stays: whoever asked sets it.</param>
/// <param name="DropsPrivileges">It takes setuid, and setgid where the group may execute (HANDLE_KILLPRIV_V2).</param>
internal readonly record struct Truncation(ulong Length, bool KeepsTime, bool DropsPrivileges)
{
    /// <summary>The mode that a file of this mode has afterwards.</summary>
    public uint ModeOf(uint mode) => DropsPrivileges ? Mode.WithoutPrivileges(mode) : mode;
}
