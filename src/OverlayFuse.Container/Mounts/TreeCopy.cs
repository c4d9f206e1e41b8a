using System.IO.Pipes;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Copies a tree as an archive does, without one on disk: one thread writes it into a pipe, another takes it out.</summary>
public static class TreeCopy
{
    /// <exception cref="RefusedException">One side failed; the other then ends too.</exception>
    public static void Run(DirFd from, DirFd to)
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        using var input = new AnonymousPipeClientStream(PipeDirection.In, output.ClientSafePipeHandle);
        Exception? failure = null;
        var writing = new Thread(() =>
        {
            try
            {
                var archive = new TarWriter(output);
                new TreeArchive(archive).Write(from, []);
                archive.End();
            }
            catch (Exception e) when (e is RefusedException or IOException)
            {
                failure = e;
            }
            output.Dispose();
        });
        writing.Start();
        try
        {
            using var applier = new LayerApplier(to) { TakesMarks = false };
            applier.Apply(new TarReader(input));
        }
        catch (InvalidDataException) when (failure is not null)
        {
            // It ends early because the writer did, which is what is said below.
        }
        finally
        {
            input.Dispose();
            writing.Join();
        }
        if (failure is RefusedException refused) throw refused;
    }
}
