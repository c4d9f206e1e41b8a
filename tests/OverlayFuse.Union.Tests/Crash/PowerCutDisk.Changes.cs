using System.Globalization;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

// What lies below, and what is done to it.
internal sealed partial class PowerCutDisk
{
    private const int Largest = 300_000; // of those that come up whole
    private const int LargestPartial = 500_000;

    private void MakeLower(string lower, int seed, int files)
    {
        for (var i = 0; i < files; i++)
        {
            var file = new CutFile(string.Create(CultureInfo.InvariantCulture, $"d{i % 5}/f{i}"), seed * 1000 + i, Size(i));
            Directory.CreateDirectory(Path.GetDirectoryName($"{lower}/{file.Name}")!);
            File.WriteAllBytes($"{lower}/{file.Name}", file.Lower);
            _files.Add(file);
        }
    }

    private int Size(int i) => _random.Next(4) switch
    {
        _ when i % 8 == 7 => _random.Next(LargestWhole, LargestPartial) + 1,
        0 => _random.Next(5000),
        1 => _random.Next(64_000),
        _ => _random.Next(Largest),
    };

    // Somebody else's file, so that a commit of the journal may fall between any two steps of ours.
    private void Commit(ManualResetEventSlim stop)
    {
        using var other = File.OpenHandle($"{_disk.Files}/other", FileMode.Create, FileAccess.Write);
        var random = new Random(1);
        try
        {
            for (var i = 0; !stop.Wait(random.Next(3)); i++)
            {
                RandomAccess.Write(other, [(byte)i], i);
                RandomAccess.FlushToDisk(other);
            }
        }
        catch (IOException)
        {
            // The disk is gone, which the changes meet too.
        }
    }

    // As it is done in the background; it promises nothing.
    private void MakePlain(List<CutFile> among)
    {
        var partial = new List<(int Slot, OpenFile File)>();
        foreach (var file in among)
        {
            Check(_union.Kernel.Find(file.Name, out var entry), "lookup");
            Check(_union.Tree.Find(entry.Node, out var slot), "node");
            if (_union.Tree.Nodes[slot].State is OpenFile { Partial: not null } open) partial.Add((slot, open));
        }
        var batch = new PartialBatch(_union.Union.CopyUp, _union.Tree.Upper!, smallest: 1);
        batch.Commit(partial);
        partial.RemoveAll(_ => _random.Next(2) == 0);
        foreach (var (_, file) in partial)
        {
            while (!file.Partial!.IsComplete) Check(CopyUp.FillMore(file), "fill");
        }
        batch.Complete(partial);
    }

    private void Change(CutFile file)
    {
        var size = file.Now.Length;
        if (_random.Next(3) == 0) Check(_union.Kernel.Chmod(file.Name, 0x180), "chmod"); // its bytes come up in place
        if (_random.Next(5) == 0) Cut(file, _random.Next(size + 1));
        else
        {
            Write(file, size, _random.Next(1, 9000)); // an append
            if (_random.Next(3) == 0 && size > 0) Write(file, _random.Next(size), _random.Next(1, 9000));
        }
        if (_random.Next(3) != 0) return;
        Check(_union.Kernel.FSync(file.Name), "fsync");
        if (!_isVolatile) file.WasSynced(_disk.Device.Now);
        if (_random.Next(2) == 0) Write(file, file.Now.Length, _random.Next(1, 9000));
    }

    private void Write(CutFile file, int at, int length)
    {
        var data = CutFile.Bytes(_random.Next(), length);
        var bytes = file.Now.ToArray();
        if (bytes.Length < at + length) Array.Resize(ref bytes, at + length);
        data.CopyTo(bytes, at);
        file.Changes($"write {at}+{length}", _disk.Device.Now, bytes);
        Check(_union.Kernel.Write(file.Name, data, at), "write");
    }

    private void Cut(CutFile file, int size)
    {
        file.Changes($"truncate {size}", _disk.Device.Now, file.Now[..size]);
        Check(_union.Kernel.Truncate(file.Name, size), "truncate");
    }

    private static void Check(Errno error, string what) => Assert.That(error, Is.EqualTo(Errno.None), what);
}
