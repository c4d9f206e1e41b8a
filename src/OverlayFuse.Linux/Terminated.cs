namespace OverlayFuse.Linux;

/// <summary>Byte names made into C strings on the caller's stack.</summary>
internal static class Terminated
{
    /// <summary>A stack buffer of this size holds any file name and most paths; longer ones take the heap.</summary>
    public const int StackSize = 512;

    /// <summary>Copies <paramref name="name"/> with a closing NUL into <paramref name="stack"/>, or into a new array when it is too long.</summary>
    public static Span<byte> Copy(ReadOnlySpan<byte> name, Span<byte> stack)
    {
        var buffer = name.Length < stack.Length ? stack : new byte[name.Length + 1];
        name.CopyTo(buffer);
        buffer[name.Length] = 0;
        return buffer;
    }
}
