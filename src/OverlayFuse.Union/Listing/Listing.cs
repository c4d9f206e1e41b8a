using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The names of a union directory in the order of their cookies. A cookie depends on nothing but the name (its hash), so a
/// listing may be thrown away and read anew in the middle of a reader's walk: an entry present throughout appears once.
/// </summary>
internal sealed class Listing
{
    /// <summary>Cookies of "." and ".."; those of names are larger.</summary>
    public const ulong DotCookie = 1;

    public const ulong DotDotCookie = 2;
    private const ulong FirstCookie = 16;

    private readonly ulong[] _cookies;
    private readonly int[] _nameStarts;
    private readonly byte[] _names;
    private readonly ulong[] _inodes;
    private readonly byte[] _types;
    private readonly short[] _members;
    private readonly bool[] _removed;

    public Listing(ulong[] cookies, int[] nameStarts, byte[] names, ulong[] inodes, byte[] types, short[] members)
    {
        _cookies = cookies;
        _nameStarts = nameStarts;
        _names = names;
        _inodes = inodes;
        _types = types;
        _members = members;
        _removed = new bool[cookies.Length];
    }

    public int Count => _cookies.Length;

    /// <summary>What this listing holds in memory.</summary>
    public long Bytes => _names.Length + Count * 24L + 200;

    /// <summary>Index of the first entry after a cookie.</summary>
    public int After(ulong cookie)
    {
        var at = Array.BinarySearch(_cookies, cookie);
        return at < 0 ? ~at : at + 1;
    }

    public ulong Cookie(int index) => _cookies[index];

    public ReadOnlySpan<byte> Name(int index) => _names.AsSpan(_nameStarts[index], _nameStarts[index + 1] - _nameStarts[index]);

    /// <summary>st_ino of the object.</summary>
    public ulong Inode(int index) => _inodes[index];

    public FileType Type(int index) => (FileType)(_types[index] << 12);

    /// <summary>The topmost member that has it: -1 the upper, else the index among the lower members.</summary>
    public int Member(int index) => _members[index];

    public bool IsRemoved(int index) => Volatile.Read(ref _removed[index]);

    /// <summary>Marks a name that was removed since. False when the listing does not have it.</summary>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        for (var i = After(CookieOf(NameHash.Of(name)) - 1); i < Count && i >= 0; i++)
        {
            if (Name(i).SequenceEqual(name))
            {
                Volatile.Write(ref _removed[i], true);
                return true;
            }
            if (_cookies[i] > CookieOf(NameHash.Of(name)) + (ulong)Count) break;
        }
        return false;
    }

    /// <summary>63 bits, since offsets are signed.</summary>
    public static ulong CookieOf(ulong hash) => Math.Max(hash >> 1, FirstCookie);
}
