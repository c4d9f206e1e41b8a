using System.Globalization;
using System.Text;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image;

/// <summary>The directories of overlay2: image layers, unpacked once and then only read, and what containers add.</summary>
public sealed class LayerStore(StateDirectory state)
{
    private const uint ReadableDirectory = Mode.OwnerAllOthersReadExecute;

    public string PathOf(string id) => Path.Combine(state.Overlay, id);

    /// <summary>The tree of a layer.</summary>
    public string DiffOf(string id) => Path.Combine(PathOf(id), "diff");

    /// <summary>A layer that is there is whole: its directory is renamed into place at the end.</summary>
    public bool Has(string id) => Directory.Exists(PathOf(id));

    /// <summary>The layers that are there, those of containers too.</summary>
    public List<string> All() => [.. Directory.EnumerateDirectories(state.Overlay).Select(path => Path.GetFileName(path)).Where(name => name != Path.GetFileName(state.Links))];

    /// <summary>The short name of a layer, which a link in overlay2/l has.</summary>
    public string LinkOf(string id) =>
        AtomicFile.Read(Path.Combine(PathOf(id), "link")) is { } link ? Encoding.ASCII.GetString(link) : throw new RefusedException($"the layer {PathOf(id)} is damaged: it has no file \"link\".");

    /// <summary>Bytes of the files of an image's layer.</summary>
    public long SizeOf(string id) =>
        AtomicFile.Read(Path.Combine(PathOf(id), "size")) is { } text && long.TryParse(Encoding.ASCII.GetString(text), CultureInfo.InvariantCulture, out var size)
            ? size
            : throw new RefusedException($"the layer {PathOf(id)} is damaged: it has no file \"size\".");

    /// <summary>The stack a layer lies on: paths of overlay2/l, topmost first.</summary>
    public List<string> Stack(IEnumerable<string> topmostFirst) => [.. topmostFirst.Select(id => LinkTo(LinkOf(id)))];

    /// <summary>The chain id of a layer upon <paramref name="parent"/>.</summary>
    public static string ChainId(string? parent, Digest diffId) =>
        parent is null ? diffId.Hex : Digest.Of(Encoding.ASCII.GetBytes($"sha256:{parent} {diffId}")).Hex;

    /// <summary>Unpacks an archive into a new layer, unless it is there.</summary>
    /// <param name="expected">The digest that the unpacked archive must have.</param>
    /// <param name="parents">The layers below, topmost first.</param>
    /// <param name="limit">Of what others have made.</param>
    /// <exception cref="InvalidDataException">The archive is broken, hostile, or not the one it should be.</exception>
    internal LayerApplier? Unpack(string id, string archive, Digest expected, IReadOnlyList<string> parents, UnpackLimit? limit = null, IProgress<long>? progress = null)
    {
        if (Has(id))
        {
            if (LinkTo(LinkOf(id)) is var link && !Path.Exists(link)) File.CreateSymbolicLink(link, TargetOf(id)); // lost by a removal that was killed: nothing could be mounted on it
            return null;
        }
        var temporary = state.NewTemporary();
        try
        {
            var root = Create(temporary, parents);
            using var applier = new LayerApplier(root) { KeepsOwnersIn = UserNamespace.HasOneUser ? OverrideForm.Containers : OverrideForm.None };
            using (var content = new HashingStream(Compression.Open(archive)))
            {
                applier.Apply(new TarReader(new ProgressStream(content, progress), limit));
                content.ReadRest();
                if (content.Finish() is var digest && digest != expected) throw new InvalidDataException($"a layer has the digest {digest} instead of {expected}");
            }
            File.WriteAllText(Path.Combine(temporary, "size"), applier.Size.ToString(CultureInfo.InvariantCulture));
            _ = Syscall.SyncFs(root.Fd);
            root.Close();
            Publish(temporary, id);
            return applier;
        }
        finally
        {
            Discard(temporary);
        }
    }

    /// <summary>Makes a layer for something else to fill: an empty "diff" and a "work" beside it.</summary>
    public void CreateWritable(string id, IReadOnlyList<string> parents)
    {
        var temporary = state.NewTemporary();
        try
        {
            Create(temporary, parents).Close();
            Directory.CreateDirectory(Path.Combine(temporary, "work"));
            Directory.CreateDirectory(Path.Combine(temporary, "merged"));
            Publish(temporary, id);
        }
        finally
        {
            Discard(temporary);
        }
    }

    public void Remove(string id)
    {
        if (!Has(id)) return;
        var link = AtomicFile.Read(Path.Combine(PathOf(id), "link"));
        var temporary = state.NewTemporary();
        Directory.Move(PathOf(id), temporary);
        if (link is not null) File.Delete(LinkTo(Encoding.ASCII.GetString(link))); // behind the layer, which counts as whole as long as it is there
        Discard(temporary);
    }

    /// <summary>Removes a tree of any depth and names; nothing happens where there is none.</summary>
    /// <exception cref="RefusedException">Something could not be removed.</exception>
    public static void Discard(string path)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var top);
        if (error == Errno.NOENT) return;
        byte[] failed = [];
        if (error == Errno.None) error = TreeSweeper.Empty(new DirFd(top.Number), out failed);
        top.Close();
        if (error == Errno.None) error = Syscall.RmdirAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path));
        if (error is not (Errno.None or Errno.NOENT)) throw new RefusedException($"cannot remove {path}: {(failed.Length > 0 ? EntryPath.Show(failed) + ": " : "")}{error.Describe()}.");
    }

    private DirFd Create(string directory, IReadOnlyList<string> parents)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "link"), Identifier.NewLink());
        if (parents.Count > 0) File.WriteAllText(Path.Combine(directory, "lower"), string.Join(':', parents.Select(parent => "l/" + LinkOf(parent))));
        var diff = Encoding.UTF8.GetBytes(Path.Combine(directory, "diff"));
        var error = Syscall.MkdirAt(DirFd.Cwd, diff, ReadableDirectory);
        if (error == Errno.None) error = Syscall.ChmodAt(DirFd.Cwd, diff, ReadableDirectory);
        if (error == Errno.None)
        {
            error = Syscall.OpenAt(DirFd.Cwd, diff, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var opened);
            if (error == Errno.None) return new DirFd(opened.Number);
        }
        throw new RefusedException($"cannot make the layer {directory}: {error.Describe()}.");
    }

    // The link first: a layer without one could not be used, a link without a layer is harmless.
    private void Publish(string temporary, string id)
    {
        File.CreateSymbolicLink(LinkTo(File.ReadAllText(Path.Combine(temporary, "link"))), TargetOf(id));
        Directory.Move(temporary, PathOf(id));
    }

    private string LinkTo(string link) => Path.Combine(state.Links, link);

    private static string TargetOf(string id) => $"../{id}/diff";
}
