using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Image.Tests;

/// <summary>Archives in a few words.</summary>
internal static class Archives
{
    public static byte[] Of(params (TarEntry Entry, string Content)[] entries)
    {
        var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        foreach (var (entry, content) in entries)
        {
            if (entry.Kind == TarKind.File) writer.Write(entry, Encoding.ASCII.GetBytes(content));
            else writer.Begin(entry);
        }
        writer.End();
        return stream.ToArray();
    }

    public static (TarEntry, string) File(string name, string content) => (Entry(TarKind.File, name), content);

    public static (TarEntry, string) Directory(string name, uint mode = 0x1ed)
    {
        var entry = Entry(TarKind.Directory, name);
        entry.Mode = mode;
        return (entry, "");
    }

    public static (TarEntry, string) Link(TarKind kind, string name, string target)
    {
        var entry = Entry(kind, name);
        entry.Target = Encoding.ASCII.GetBytes(target);
        return (entry, "");
    }

    public static TarReader Reader(byte[] archive) => new(new MemoryStream(archive));

    public static TarEntry Entry(TarKind kind, string name) => new()
    {
        Kind = kind,
        Name = Encoding.Latin1.GetBytes(name),
        Mode = 0x1a4,
        Uid = Syscall.GetEUid(),
        Gid = Syscall.GetEGid(),
        ModifyTime = new Timestamp(1_000_000_000, 0),
    };
}
