namespace OverlayFuse.Conformance;

/// <summary>Memory that is a part of a file.</summary>
internal sealed unsafe class Mapping(byte* address, nuint length) : IDisposable
{
    private const int Synchronous = 4; // MS_SYNC

    public char this[int index]
    {
        get => (char)Volatile.Read(ref address[index]);
        set => Volatile.Write(ref address[index], (byte)value);
    }

    public void Sync() => Result.Of("msync", Native.msync(address, length, Synchronous)).Ok();

    public void Dispose() => Result.Of("munmap", Native.munmap(address, length)).Ok();
}
