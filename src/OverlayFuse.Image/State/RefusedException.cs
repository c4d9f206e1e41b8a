namespace OverlayFuse.Image;

/// <summary>What was asked for cannot be done. The message is a sentence for people; <paramref name="exitCode"/> is what the command ends with.</summary>
public class RefusedException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
