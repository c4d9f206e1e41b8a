using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>A directory for one run, which is the current one meanwhile; it goes away at the end.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private readonly string _before = Directory.GetCurrentDirectory();

    public ScratchDirectory(string above)
    {
        Path = Directory.CreateDirectory($"{above}/overlayfuse-side-{Guid.NewGuid().ToString("n")[..8]}").FullName;
        Client.Expect(Syscall.ChmodAt(DirFd.Cwd, Name.Bytes(Path), 0x1ED), Path); // other users work beneath it
        Directory.SetCurrentDirectory(Path);
    }

    public string Path { get; }

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_before);
        Client.RemoveTree(DirFd.Cwd, Name.Bytes(Path));
    }
}
