namespace OverlayFuse.Linux;

/// <summary>The events of poll(2).</summary>
[Flags]
public enum PollEvents : short
{
    None = 0,
    In = 1,
    Out = 4,
    Error = 8,
    Invalid = 32,
}
