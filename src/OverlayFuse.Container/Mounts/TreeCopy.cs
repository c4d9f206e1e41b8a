using System.IO.Pipes;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Copies a tree as an archive does, without one on disk: one thread writes it into a pipe, another takes it out.</summary>
public static class TreeCopy
{
    /// <summary>All of one directory into another.</summary>
    /// <exception cref="RefusedException">One side failed; the other then ends too.</exception>
    public static void Run(DirFd from, DirFd to)
    {
        using var applier = new LayerApplier(to) { TakesMarks = false };
        Run(archive => new TreeArchive(archive).Write(from, []), applier);
    }

    /// <param name="write">What is copied.</param>
    /// <param name="into">Where it is put.</param>
    /// <exception cref="RefusedException">One side failed; the other then ends too.</exception>
    public static void Run(Action<TarWriter> write, LayerApplier into)
    {
        using var output = new AnonymousPipeServerStream(PipeDirection.Out);
        using var input = new AnonymousPipeClientStream(PipeDirection.In, output.ClientSafePipeHandle);
        Exception? failure = null;
        var writing = new Thread(() =>
        {
            try
            {
                var archive = new TarWriter(output);
                write(archive);
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
            into.Apply(new TarReader(input));
            if (HasMore(input)) throw new InvalidDataException("it goes on behind its end");
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
        if (failure is not null) throw new RefusedException($"cannot copy: {FileErrors.Reason(failure)}.");
    }

    // What was not read was not copied; an archive ends in zeros, which the reader need not have taken.
    private static bool HasMore(Stream input)
    {
        Span<byte> rest = stackalloc byte[4096];
        for (int count; (count = input.Read(rest)) > 0;)
        {
            if (rest[..count].ContainsAnyExcept((byte)0)) return true;
        }
        return false;
    }
}
