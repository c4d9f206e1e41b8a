using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The lower directories of a mount, each opened once: found to be there, looked at, and then taken as layers. Of very many, most are opened each time.</summary>
internal sealed class LowerDirectories : IDisposable
{
    private readonly byte[][] _paths;
    private readonly DirFd[] _held;
    private readonly bool[] _areReal;

    /// <exception cref="Fuse.MountException">One cannot be opened.</exception>
    public LowerDirectories(IEnumerable<byte[]> paths, int mostHeld)
    {
        _paths = [.. paths];
        _held = new DirFd[_paths.Length];
        _areReal = new bool[_paths.Length];
        Array.Fill(_held, DirFd.None);
        try
        {
            for (var i = 0; i < _paths.Length; i++)
            {
                var directory = Open(i);
                if (i < mostHeld) _held[i] = directory;
                else directory.Close();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Count => _paths.Length;

    public byte[] Path(int index) => _paths[index];

    /// <summary>What <paramref name="question"/> says of one.</summary>
    public int Look(int index, Func<DirFd, int> question)
    {
        if (_held[index].IsOpen) return question(_held[index]);
        var directory = Open(index);
        var answer = question(directory);
        directory.Close();
        return answer;
    }

    /// <summary>Gives one away.</summary>
    /// <param name="isReal">See <see cref="LayerOpener.OpenDirectory(string, byte[], out bool)"/>.</param>
    public DirFd Take(int index, out bool isReal)
    {
        var directory = _held[index].IsOpen ? _held[index] : Open(index);
        _held[index] = DirFd.None;
        isReal = _areReal[index];
        return directory;
    }

    public void Dispose()
    {
        foreach (var directory in _held) directory.Close();
    }

    private DirFd Open(int index) => LayerOpener.OpenDirectory("lower directory", _paths[index], out _areReal[index]);
}
