using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A union with one file below that comes up in part, and what is asked of it.</summary>
internal sealed class PartialUnion : IDisposable
{
    public const ulong WholeUpTo = 8192;

    private string _name = "d/f";

    public PartialUnion(byte[] lower, Action<UnionOptions>? wish = null, string? above = null, TestUnion.Form? form = null)
    {
        Union = new TestUnion(1, form, above: above)
        {
            Wish = options =>
            {
                (options.WholeUpTo, options.Settle) = (WholeUpTo, SettlePolicy.OnUnmount);
                wish?.Invoke(options);
            },
        };
        Union.With("lower1", "d/other = \"1\"");
        Put($"{Union.Path}/lower1/d/f", lower);
        File.SetLastWriteTimeUtc($"{Union.Path}/lower1/d/f", DateTime.UnixEpoch.AddDays(1));
        Union.Open();
    }

    public TestUnion Union { get; }

    public Kernel Kernel => Union.Kernel;

    public string Name => _name;

    public NodeId Node => Kernel.Find(_name, out var entry) is var error and not Errno.None ? throw new IOException($"{_name}: {error}") : entry.Node;

    public string UpperPath => $"{Union.Upper}/{_name}";

    public string[] Maps => Directory.GetFiles($"{Union.Path}/work/overlayfuse/partial");

    public bool IsFenced => Directory.Exists($"{Union.Path}/work/work/incompat/overlayfuse-partial");

    public bool IsPartial => Mark("partial");

    public bool Mark(string name, string family = "trusted") =>
        Syscall.GetXattrAt(DirFd.Cwd, Encoding.UTF8.GetBytes(UpperPath), Encoding.UTF8.GetBytes($"{family}.overlay.{name}"), new byte[128], out _) == Errno.None;

    public Errno Write(long offset, ReadOnlySpan<byte> data)
    {
        var error = Kernel.Union.Write(Kernel.Request, Node, 0, offset, data, WriteFlags.None, out var count);
        if (error == Errno.None && count != data.Length) throw new IOException($"{count} of {data.Length} bytes written");
        return error;
    }

    public Errno Truncate(long size) => Kernel.Truncate(_name, size);

    public Errno Allocate(FallocateMode mode, long offset, long length) => Kernel.Union.Fallocate(Kernel.Request, Node, 0, mode, offset, length);

    public Errno FSync() => Kernel.Union.FSync(Kernel.Request, Node, 0, dataOnly: false);

    /// <summary>What is done in the background for a file that is written on and on.</summary>
    public Errno CommitUnasked()
    {
        Assert.That(Union.Tree.Find(Node, out var slot), Is.EqualTo(Errno.None));
        ((OpenFile)Union.Tree.Nodes[slot].State!).Partial!.CommitUnasked();
        return Errno.None;
    }

    /// <summary>The same, and what makes the file plain, as it is done for many files at a time.</summary>
    public Errno InBatch(Action<PartialBatch, List<(int Slot, OpenFile File)>> what)
    {
        Assert.That(Union.Tree.Find(Node, out var slot), Is.EqualTo(Errno.None));
        what(new PartialBatch(Union.Union.CopyUp, Union.Tree.Upper!, smallest: 1), [(slot, (OpenFile)Union.Tree.Nodes[slot].State!)]);
        return Errno.None;
    }

    public Errno Read(long offset, byte[] buffer, out int count) => Kernel.Union.Read(Kernel.Request, Node, 0, offset, buffer, out count);

    public byte[] Bytes()
    {
        Assert.That(Kernel.Read(_name, out var bytes), Is.EqualTo(Errno.None));
        return bytes;
    }

    public void Move(string name)
    {
        Assert.That(Kernel.Rename(_name, name), Is.EqualTo(Errno.None));
        _name = name;
    }

    /// <summary>Makes a file of these bytes, with holes where whole blocks are zero.</summary>
    public static void Put(string path, byte[] bytes)
    {
        const int block = 4096;
        using var file = File.Create(path);
        file.SetLength(bytes.Length);
        for (var at = 0; at < bytes.Length; at += block)
        {
            var piece = bytes.AsSpan(at, Math.Min(block, bytes.Length - at));
            if (piece.ContainsAnyExcept((byte)0)) RandomAccess.Write(file.SafeFileHandle, piece, at);
        }
    }

    /// <summary>Bytes with islands of random ones, each of up to 3 blocks, and nothing but zeros between them.</summary>
    public static byte[] Sparse(Random random, int length, int islands)
    {
        var bytes = new byte[length];
        for (var i = 0; i < islands; i++)
        {
            var at = random.Next(length);
            random.NextBytes(bytes.AsSpan(at, Math.Min(length - at, random.Next(12_000))));
        }
        return bytes;
    }

    /// <summary>The next mount; before it, the end of this one: as it should be, or by the death of the daemon.</summary>
    public void Remount(bool clean)
    {
        if (clean) Assert.That(Union.Union.End(), Is.Empty);
        Union.Close();
        Union.Open();
    }

    public void Dispose() => Union.Dispose();
}
