using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Image.Tests;

/// <summary>A directory of a test's own, gone at its end.</summary>
internal sealed class Scratch : IDisposable
{
    public Scratch() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine("/var/tmp", "of-image-" + Identifier.New()[..12]);

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>A new directory below, open.</summary>
    public DirFd Open(string name)
    {
        Directory.CreateDirectory(this[name]);
        _ = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(this[name]), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd);
        return new DirFd(fd.Number);
    }

    public void Dispose() => LayerStore.Discard(Path);
}
