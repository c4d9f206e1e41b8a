using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The names of a union directory in the order of their cookies. A cookie depends on nothing but the name (its hash), so a
/// listing may be thrown away and read again in the middle of a reader's walk: an entry present throughout appears once.
/// </summary>
internal sealed class Listing
{
    /// <summary>Cookies of "." and ".."; those of names are larger.</summary>
    public const ulong DotCookie = 1;

    public const ulong DotDotCookie = 2;
    public const ulong FirstCookie = 16;
    private const byte Removed = 1;
    private const byte Replaced = 2;

    private readonly ulong[] _cookies;
    private readonly int[] _nameStarts;
    private readonly byte[] _names;
    private readonly ulong[] _inodes;
    private readonly byte[] _types;
    private readonly short[] _members;
    private readonly bool _isNarrow;
    private readonly byte[] _later; // what has become of each since: nothing, or one of the next two

    public Listing(ulong[] cookies, int[] nameStarts, byte[] names, ulong[] inodes, byte[] types, short[] members, bool isNarrow = false)
    {
        _cookies = cookies;
        _nameStarts = nameStarts;
        _names = names;
        _inodes = inodes;
        _types = types;
        _members = members;
        _isNarrow = isNarrow;
        _later = new byte[cookies.Length];
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

    public bool IsRemoved(int index) => Volatile.Read(ref _later[index]) == Removed;

    /// <summary>The name leads to another object since: what else is said of it here is out of date.</summary>
    public bool IsReplaced(int index) => Volatile.Read(ref _later[index]) == Replaced;

    /// <summary>Marks a name that was removed since. False when the listing does not have it.</summary>
    public bool Remove(ReadOnlySpan<byte> name) => Mark(name, Removed);

    /// <summary>Marks a name that came since, where there was one before.</summary>
    public bool Replace(ReadOnlySpan<byte> name) => Mark(name, Replaced);

    private bool Mark(ReadOnlySpan<byte> name, byte later)
    {
        var hash = NameHash.Of(name);
        var wanted = _isNarrow ? NarrowCookies.Of(hash, FirstCookie) : CookieOf(hash);
        for (var i = After(wanted - 1); i < Count && i >= 0; i++)
        {
            if (Name(i).SequenceEqual(name))
            {
                Volatile.Write(ref _later[i], later);
                return true;
            }
            if (_cookies[i] > wanted + (ulong)Count) break;
        }
        return false;
    }

    /// <summary>63 bits, since offsets are signed.</summary>
    public static ulong CookieOf(ulong hash) => Math.Max(hash >> 1, FirstCookie);
}
