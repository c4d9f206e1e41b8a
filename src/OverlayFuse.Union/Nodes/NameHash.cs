using System.Buffers.Binary;

namespace OverlayFuse.Union;

/// <summary>
/// A 64-bit hash of a name, with a new key for each process so that nobody can prepare names that collide. It finds nodes, orders
/// listings (so that a cookie depends on nothing but the name) and answers "no layer has this name".
/// </summary>
internal static class NameHash
{
    // From a random Guid, which the system's own source fills; RandomNumberGenerator would load OpenSSL, 4 MiB of resident memory.
    private static readonly ulong Key = BinaryPrimitives.ReadUInt64LittleEndian(Guid.NewGuid().ToByteArray());

    public static ulong Of(ReadOnlySpan<byte> name) => Of(name, Key);

    public static ulong Of(ReadOnlySpan<byte> name, ulong key)
    {
        var hash = key ^ ((ulong)name.Length * 0x9E3779B97F4A7C15);
        while (name.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name), key);
            name = name[8..];
        }
        ulong tail = 0;
        for (var i = 0; i < name.Length; i++) tail |= (ulong)name[i] << (8 * i);
        return Mix(Mix(hash ^ tail, key ^ 0xD6E8FEB86659FD93), 0xA0761D6478BD642F);
    }

    // The folded 64x64 multiply of the wyhash family.
    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a ^ 0xE7037ED1A0B428DB, b | 1, out var low);
        return high ^ low;
    }
}
