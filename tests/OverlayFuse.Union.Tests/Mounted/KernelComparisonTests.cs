using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Random sequences of system calls, done step by step on our mount and on one of kernel overlayfs over equal layers: every call gives the
/// same errno, and again and again the whole trees are compared, after the next mount too.
/// </summary>
/// <remarks>No path leaves the mount: link targets are relative without "..", and last components are never followed.</remarks>
public class KernelComparisonTests
{
    private const int Steps = 400;
    private const int StepsPerLook = 50;
    private static readonly string[] Names = ["a", "b", "c", "d"];

    [Test]
    public void Every_call_gives_what_the_kernel_gives([Values("", "writeback=off", "data=passthrough")] string options, [Values(1, 2, 3, 4)] int seed)
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
        using var ours = new UnionMount(options);
        using var kernel = new UnionMount("", isKernel: true);
        var layers = Layers(new Random(seed));
        ours.Run(layers);
        kernel.Run(layers);
        ours.Mount();
        kernel.Mount();

        var random = new Random(seed);
        var history = new Queue<string>();
        for (var step = 0; step < Steps; step++)
        {
            var call = Next(random, out var text);
            var expected = call(kernel.Root);
            var actual = call(ours.Root);
            history.Enqueue($"{step} {text} -> {expected}");
            if (history.Count > 12) history.Dequeue();
            Assert.That(actual, Is.EqualTo(expected), $"options '{options}' seed {seed} step {step}\n{string.Join('\n', history)}");
            if (step % StepsPerLook == StepsPerLook - 1) Look($"options '{options}' seed {seed} step {step}\n{string.Join('\n', history)}");
        }

        ours.Remount();
        kernel.Remount();
        Look($"options '{options}' seed {seed} after the next mount");
        ours.AssertLowersUnchanged();

        void Look(string when) => Assert.That(Tree(ours), Is.EqualTo(Tree(kernel)), when);
    }

    // Names, types, modes, owners, sizes, links, targets, contents and attributes. Times are what they were made, or those of the call.
    private static string Tree(UnionMount union) => union.Run(
        "cd m && find . -type d -printf '%p %y %m %U %G\\n' -o -printf '%p %y %m %U %G %s %n %l\\n' | sort"
        + "; find . -type f -print0 | sort -z | xargs -0 -r sha256sum; find . -print0 | sort -z | xargs -0 getfattr -h -d -m '^(user|trusted)'");

    private static string Layers(Random random)
    {
        var script = new StringBuilder("umask 022\n");
        foreach (var layer in (string[])["l3", "l2", "l1"])
        {
            for (var i = 0; i < 14; i++)
            {
                var path = $"{layer}/{Path(random)}";
                script.Append($"mkdir -p $(dirname {path}) 2>/dev/null && [ ! -e {path} ] && [ ! -L {path} ] && ");
                script.Append(random.Next(8) switch
                {
                    0 => $"mkdir {path}",
                    1 => $"mkdir {path} && {{ [ {layer} = l3 ] || setfattr -n trusted.overlay.opaque -v y {path}; }}",
                    2 => $"ln -s {Names[random.Next(Names.Length)]} {path}",
                    3 when layer != "l3" => $"mknod {path} c 0 0",
                    4 => $"truncate -s 20000 {path} && echo end >> {path}",
                    5 => $"echo {random.Next()} > {path} && chmod 4755 {path} && setfattr -n user.x -v lower {path}",
                    6 => $"echo {random.Next()} > {path} && ln {path} {layer}/{Names[random.Next(Names.Length)]} 2>/dev/null",
                    _ => $"echo {random.Next()} > {path}",
                });
                script.Append("; ");
            }
            script.Append('\n');
        }
        // A whiteout where nothing is below it is shown by the kernel in some directories; layers made by tools have none.
        return script.Append("find l1 l2 -type c | while read w; do n=${w#l?/}; [ -e l3/$n ] || [ -L l3/$n ] || { [ ${w%%/*} = l1 ] && [ -e l2/$n ]; } || rm $w; done; true").ToString();
    }

    private static string Path(Random random)
    {
        var path = Names[random.Next(Names.Length)];
        while (random.Next(2) == 0 && path.Length < 7) path += "/" + Names[random.Next(Names.Length)];
        return path;
    }

    private static Func<DirFd, Errno> Next(Random random, out string text)
    {
        string first = Path(random), second = Path(random);
        byte[] a = Encoding.ASCII.GetBytes(first), b = Encoding.ASCII.GetBytes(second);
        var number = random.Next(1 << 20);
        switch (random.Next(16))
        {
            case 0 or 1:
                text = $"write {first} {number}";
                return root => WithFile(root, a, OpenFlags.ReadWrite | OpenFlags.Create, fd => Syscall.PWrite(fd, Encoding.ASCII.GetBytes(Filling(number)), number % 9000, out _));
            case 2:
                text = $"truncate {first} {number % 9000}";
                return root => WithFile(root, a, OpenFlags.ReadWrite, fd => Syscall.Truncate(fd, number % 9000));
            case 3:
                text = $"make anew {first}";
                return root => WithFile(root, a, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, _ => Errno.None);
            case 4:
                text = $"unlink {first}";
                return root => Syscall.UnlinkAt(root, a);
            case 5:
                text = $"rmdir {first}";
                return root => Syscall.RmdirAt(root, a);
            case 6:
                text = $"mkdir {first}";
                return root => Syscall.MkdirAt(root, a, 0x1ED);
            case 7 or 8 or 9:
                var flags = (number % 5) switch { 0 => RenameFlags.NoReplace, 1 => RenameFlags.Exchange, 2 => RenameFlags.Whiteout, _ => RenameFlags.None };
                text = $"rename {first} {second} {flags}";
                return root => Syscall.RenameAt2(root, a, root, b, flags);
            case 10:
                text = $"link {first} {second}";
                return root => Syscall.LinkAt(root, a, root, b);
            case 11:
                text = $"symlink {first}";
                return root => Syscall.SymlinkAt("a"u8, root, a);
            case 12:
                text = $"chmod {first}";
                return root => WithFile(root, a, OpenFlags.ReadOnly, fd => Syscall.Chmod(fd, number % 2 == 0 ? 0x1EDu : 0x9EDu));
            case 13:
                text = $"chown {first}";
                return root => Syscall.ChownAt(root, a, (uint)(number % 3), (uint)(number % 2));
            case 14:
                text = $"attribute {first}";
                return root => number % 3 == 0 ? Syscall.RemoveXattrAt(root, a, "user.x"u8)
                    : Syscall.SetXattrAt(root, a, number % 3 == 1 ? "user.x"u8 : "trusted.overlay.opaque"u8, "v"u8, XattrFlags.None);
            default:
                text = $"mknod {first}";
                return root => Syscall.MknodAt(root, a, (uint)FileType.Fifo | 0x1A4, 0, 0);
        }

        static string Filling(int number) => string.Concat(Enumerable.Repeat((char)('a' + number % 26), 1 + number % 5000));
    }

    private static Errno WithFile(DirFd root, byte[] path, OpenFlags flags, Func<Fd, Errno> use)
    {
        var error = Syscall.OpenAt(root, path, flags | OpenFlags.NoFollow | OpenFlags.NonBlock, 0x1A4, out var fd);
        if (error != Errno.None) return error;
        error = use(fd);
        fd.Close();
        return error;
    }
}
