using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Sources of COPY and ADD that lie in no context, and programs of RUN: here-documents, and what addresses lead to. Removed at the end.</summary>
internal sealed class MadeFiles(StateDirectory state) : IDisposable
{
    private const uint Readable = Mode.OwnerReadWriteOthersRead;
    private const uint Executable = Mode.OwnerAllOthersReadExecute;
    private const uint Fetched = Mode.OwnerReadWrite; // as docker has it

    private readonly string _directory = state.NewTemporary();
    private readonly List<BuildContext> _contexts = [];

    /// <param name="text">With its variables put in.</param>
    public CopySource Add(HereDocument document, string text) => Open(Write(document.Name, text, Readable));

    /// <summary>The path of a file that can be executed.</summary>
    public string AddProgram(HereDocument document) => Write(document.Name, document.Text, Executable);

    /// <param name="name">For an address that has none.</param>
    /// <exception cref="RefusedException">It cannot be fetched.</exception>
    public CopySource Fetch(Uri address, Digest? expected, string? name)
    {
        var called = WebFile.NameOf(address) is { Length: > 0 } own ? own : name ?? throw new RefusedException($"cannot determine filename from url: {address}");
        var path = NewPath(called);
        WebFile.Fetch(address, expected, path);
        _ = Syscall.Chmod(path, Fetched);
        return Open(path);
    }

    public void Dispose()
    {
        foreach (var context in _contexts) context.Dispose();
        LayerStore.Discard(_directory);
    }

    private string Write(string name, string text, uint mode)
    {
        var path = NewPath(name);
        File.WriteAllText(path, text);
        _ = Syscall.Chmod(path, mode);
        return path;
    }

    // Each in a directory of its own: two may have one name.
    private string NewPath(string name)
    {
        if (name.Contains('/') || name is "." or "..") throw new RefusedException($"\"{name}\" is not a valid file name.");
        return Path.Combine(Directory.CreateDirectory(Path.Combine(_directory, Identifier.New()[..8])).FullName, name);
    }

    private CopySource Open(string path)
    {
        var context = BuildContext.OfDirectory(Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)!), "");
        _contexts.Add(context);
        return context.Find("*")[0] with { IsOfContext = false };
    }
}
