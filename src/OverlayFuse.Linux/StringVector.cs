using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

/// <summary>An argument or environment vector in native memory: C strings and a closing NULL.</summary>
internal readonly unsafe struct StringVector : IDisposable
{
    private readonly byte** _pointers;

    public StringVector(IReadOnlyList<byte[]> strings)
    {
        var bytes = strings.Sum(s => s.Length + 1);
        _pointers = (byte**)NativeMemory.Alloc((nuint)((strings.Count + 1) * sizeof(byte*) + bytes));
        var text = (byte*)(_pointers + strings.Count + 1);
        for (var i = 0; i < strings.Count; i++)
        {
            _pointers[i] = text;
            strings[i].CopyTo(new Span<byte>(text, strings[i].Length));
            text[strings[i].Length] = 0;
            text += strings[i].Length + 1;
        }
        _pointers[strings.Count] = null;
    }

    public byte** Pointer => _pointers;

    /// <summary>The variables this process was started with, byte for byte.</summary>
    public static IEnumerable<byte[]> OwnEnvironment()
    {
        byte[] all;
        try
        {
            all = File.ReadAllBytes("/proc/self/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break; // no /proc: the program gets only what it was given by name
        }

        for (var start = 0; start < all.Length;)
        {
            var length = Array.IndexOf(all, (byte)0, start) - start;
            if (length < 0) length = all.Length - start;
            if (length > 0) yield return all[start..(start + length)];
            start += length + 1;
        }
    }

    public void Dispose() => NativeMemory.Free(_pointers);
}
