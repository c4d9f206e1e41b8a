using System.Collections.Concurrent;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Files whose bytes could not be written back a moment ago. The kernel tells that to fsync(2) and close(2); a writer that goes on writing calls neither, and must be
/// told by write(2).
/// </summary>
/// <remarks>Needs no lock of its own. What is not asked for within <see cref="Life"/> is forgotten: a later writer may find room again.</remarks>
internal sealed class FailedWrites
{
    /// <summary>Milliseconds. A writer that goes on asks within a few.</summary>
    public const long Life = 1000;

    private const int MaxFiles = 256; // each a file that failed within a second, but for those that nobody writes any more
    private readonly ConcurrentDictionary<NodeId, (Errno Error, long When)> _files = [];

    /// <summary>Remembers a failure.</summary>
    /// <param name="node">The file.</param>
    /// <param name="error">What to tell.</param>
    /// <param name="now">Milliseconds of a clock that does not go back.</param>
    public void Add(NodeId node, Errno error, long now)
    {
        if (_files.Count >= MaxFiles) _files.Clear();
        _files[node] = (error, now);
    }

    /// <summary>What a writer of the file is to be told; once.</summary>
    public Errno Take(NodeId node, long now) =>
        _files.TryRemove(node, out var failed) && now - failed.When <= Life ? failed.Error : Errno.None;
}
