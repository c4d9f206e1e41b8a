using System.Buffers.Binary;
using System.Globalization;

namespace OverlayFuse.Conformance;

/// <summary>POSIX ACLs as text in the short form of getfacl(1), and as the kernel takes them (linux/posix_acl_xattr.h).</summary>
internal static class AclText
{
    public const string Access = "system.posix_acl_access";
    public const string Default = "system.posix_acl_default";
    private const uint NoId = uint.MaxValue;

    /// <summary>"u::rwx,u:60001:r--,g::r-x,m::r-x,o::---" as an attribute's value.</summary>
    public static byte[] Parse(string text)
    {
        var entries = text.Split(',');
        var bytes = new byte[4 + 8 * entries.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 2);
        for (var i = 0; i < entries.Length; i++)
        {
            var parts = entries[i].Split(':');
            var hasId = parts[1].Length > 0;
            ushort tag = parts[0] switch { "u" => (ushort)(hasId ? 2 : 1), "g" => (ushort)(hasId ? 8 : 4), "m" => 16, _ => 32 };
            var rights = (parts[2][0] == 'r' ? 4 : 0) | (parts[2][1] == 'w' ? 2 : 0) | (parts[2][2] == 'x' ? 1 : 0);
            var entry = bytes.AsSpan(4 + 8 * i);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)rights);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], hasId ? uint.Parse(parts[1], CultureInfo.InvariantCulture) : NoId);
        }
        return bytes;
    }

    public static string Show(byte[] value)
    {
        var entries = new List<string>();
        for (var at = 4; at + 8 <= value.Length; at += 8)
        {
            var entry = value.AsSpan(at);
            var rights = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
            var id = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
            var tag = BinaryPrimitives.ReadUInt16LittleEndian(entry) switch { 1 or 2 => "u", 4 or 8 => "g", 16 => "m", _ => "o" };
            entries.Add($"{tag}:{(id == NoId ? "" : id)}:{((rights & 4) != 0 ? 'r' : '-')}{((rights & 2) != 0 ? 'w' : '-')}{((rights & 1) != 0 ? 'x' : '-')}");
        }
        return string.Join(',', entries);
    }

    /// <summary>The ACL of an object, as text.</summary>
    public static string Of(string path, string kind)
    {
        Calls.GetXattr(path, kind, out var value).Is(None);
        return Show(value);
    }

    /// <summary>Sets an ACL given as text.</summary>
    public static Result Set(string path, string kind, string text) => Calls.SetXattr(path, kind, Parse(text));
}
