using System.Text;
using System.Text.Json;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Makes an image of one layer from a root file system: an archive, packed or not, or a directory.</summary>
public sealed class RootFsImporter(ImageStore store)
{
    public IProgress<long>? Progress { get; init; }

    public int WithoutOwner { get; private set; }

    /// <param name="path">An archive or a directory.</param>
    /// <param name="source">What sentences call it. The history does not, as with docker, whose client sends every archive as "-".</param>
    /// <param name="changes">Instructions as in a Dockerfile.</param>
    public StoredImage Import(string path, string source, string? message, IEnumerable<string> changes, ImageReference? name)
    {
        var container = new ContainerConfig();
        foreach (var change in changes) ConfigChange.Apply(container, change);
        using var held = store.Lock();
        var temporary = store.State.NewTemporary();
        try
        {
            CopyArchive(path, temporary);
            var limit = UnpackLimit.Of(temporary, source == "-" ? "standard input" : source);
            var layer = new LayerWriter(store) { Limit = limit, Progress = Progress }.Store(temporary, [], null, null, out var withoutOwner);
            WithoutOwner = withoutOwner;
            var created = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", System.Globalization.CultureInfo.InvariantCulture);
            var comment = message ?? "Imported from -";
            var config = new ImageConfig
            {
                Architecture = ImageLoader.ThisArchitecture,
                Created = created,
                Comment = comment,
                Config = container,
                RootFs = new RootFs { DiffIds = [layer.DiffId] },
                History = [new HistoryEntry { Created = created, Comment = comment }],
            };
            var image = store.Add(JsonSerializer.SerializeToUtf8Bytes(config, ImageJson.Default.ImageConfig), [layer]);
            if (name is not null) store.Tag(image, name);
            return image;
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot import {source}: {e.Message}.");
        }
        catch (IOException e)
        {
            throw new RefusedException($"cannot import {source} into {store.State.Root}: {FileErrors.Reason(e)}.");
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void CopyArchive(string path, string to)
    {
        if (!Directory.Exists(path))
        {
            Compression.OpenFile(path).Dispose(); // for the sentence, if it cannot be
            File.Copy(path, to);
            return;
        }
        var error = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var root);
        if (error != Errno.None) throw new RefusedException($"cannot import {path}: {error.Describe()}.");
        using var file = File.Create(to);
        var archive = new TarWriter(file);
        new TreeArchive(archive).Write(new DirFd(root.Number), []);
        archive.End();
        root.Close();
    }
}
