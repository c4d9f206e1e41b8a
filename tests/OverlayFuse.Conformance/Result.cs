using System.Runtime.InteropServices;

namespace OverlayFuse.Conformance;

/// <summary>What a system call gave, with the call in words for the report.</summary>
internal readonly record struct Result(string Call, long Value, Errno Error)
{
    private const int LongestCall = 120;

    /// <summary>Of a call that gives -1 on failure and sets errno.</summary>
    public static Result Of(string call, long value) =>
        new(call.Length > LongestCall ? call[..LongestCall] + "..." : call, value, value < 0 ? (Errno)Marshal.GetLastPInvokeError() : None);

    /// <summary>The call must succeed; a descriptor is what most calls give.</summary>
    public int Ok()
    {
        Is(None);
        return (int)Value;
    }

    public void Gives(long expected)
    {
        Is(None);
        if (Value != expected) throw new Mismatch($"{Call}: expected {expected}, saw {Value}");
    }

    public void Is(params ReadOnlySpan<Errno> allowed)
    {
        if (!allowed.Contains(Error)) throw new Mismatch($"{Call}: expected {string.Join(" or ", allowed.ToArray())}, saw {Error}");
    }
}
