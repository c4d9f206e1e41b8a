using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What other union file systems get wrong and a row of Cases/rivals.txt cannot say: load, option texts, other stacks, direct I/O.</summary>
[TestFixture("data=cached")]
[TestFixture("data=passthrough")]
public class RivalTests(string options)
{
    [SetUp]
    public void NeedsRoot()
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
    }

    [Test]
    public void Names_made_again_at_once_under_load_are_the_new_objects()
    {
        const int threads = 4, rounds = 150;
        using var union = new UnionMount(options, above: TestUnion.Above);
        for (var i = 0; i < threads; i++) union.Make("lower1", $"d/x{i} = \"lower\"");
        union.Mount();
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        var workers = Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            var name = Encoding.ASCII.GetBytes($"d/x{number}");
            for (var round = 0; round < rounds; round++)
            {
                var makesDirectory = round % 2 == 0;
                var error = makesDirectory ? Syscall.UnlinkAt(union.Root, name) : Syscall.RmdirAt(union.Root, name);
                if (error == Errno.None) error = makesDirectory ? Syscall.MkdirAt(union.Root, name, 0x1ED) : Syscall.MknodAt(union.Root, name, (uint)FileType.Regular | 0x1A4, 0, 0);
                FileStatus status = default;
                if (error == Errno.None) error = Syscall.StatAt(union.Root, name, cached: false, out status);
                if (error != Errno.None || status.IsDirectory != makesDirectory) wrong.Add($"x{number} round {round}: {error} {status.Type}");
            }
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Layers_with_commas_colons_and_backslashes_in_their_names_are_found()
    {
        using var union = new UnionMount(options, above: TestUnion.Above);
        union.Mount();
        union.Unmount();
        union.Run($$"""
            set -e
            mkdir 'a,b' 'c:d' 'e\f' 'u,p' 'w,k' m2
            echo 1 > 'a,b/1'; echo 2 > 'c:d/2'; echo 3 > 'e\f/3'
            {{UnionMount.Executable}} mount -o 'lowerdir=a\,b:c\:d:e\\f,upperdir=u\,p,workdir=w\,k,{{options}}' m2
            trap 'umount m2' EXIT
            [ "$(cat m2/1 m2/2 m2/3 | tr '\n' ' ')" = '1 2 3 ' ]
            echo 4 > m2/4
            [ "$(cat 'u,p/4')" = 4 ]
            """);
    }

    [Test]
    public void Inode_numbers_stay_when_a_layer_is_put_on_top()
    {
        using var union = new UnionMount(options, lowers: 2, above: TestUnion.Above);
        union.Make("lower2", "d/f = \"f\"  d/g = \"g\"  k = \"k\"");
        union.Make("lower1", "other = \"o\"");
        union.Run("mv l1 kept; mkdir l1");
        union.Mount();
        union.Run("echo more >> m/d/f");
        var before = union.Run("stat -c '%n %i' m/d/f m/d/g m/k");
        union.Unmount();
        union.Run("rmdir l1; mv kept l1");
        union.Mount();
        Assert.That(union.Run("stat -c '%n %i' m/d/f m/d/g m/k; cat m/other"), Is.EqualTo(before + "\no"));
    }

    [Test]
    public void A_buffered_read_sees_what_was_written_directly_and_the_reverse()
    {
        using var union = new UnionMount(options);
        union.Make("lower1", "f = \"a\"*8192");
        union.Mount();
        union.Run("""
            set -e
            exec 3< m/f
            head -c 4096 <&3 | grep -q '^a*$'
            tr '\0' b < /dev/zero | head -c 8192 > block
            dd if=block of=m/f bs=4096 count=2 oflag=direct conv=notrunc status=none
            head -c 4096 <&3 | grep -q '^b*$'
            cmp m/f block
            tr '\0' c < /dev/zero | head -c 8192 > block
            dd if=block of=m/f bs=4096 count=2 conv=notrunc status=none
            dd if=m/f bs=4096 iflag=direct status=none | cmp - block
            """);
    }

    [Test]
    public void Many_writers_that_race_to_copy_up_one_file_all_write_to_one_copy()
    {
        const int writers = 8, rounds = 10;
        using var union = new UnionMount(options, above: TestUnion.Above);
        for (var round = 0; round < rounds; round++) union.Make("lower1", $"f{round} = \".\"*200000");
        union.Mount();
        for (var round = 0; round < rounds; round++)
        {
            var name = Encoding.ASCII.GetBytes($"f{round}");
            using var start = new Barrier(writers);
            var errors = new Errno[writers];
            var threads = Enumerable.Range(0, writers).Select(number => new Thread(() =>
            {
                start.SignalAndWait();
                errors[number] = Syscall.OpenAt(union.Root, name, OpenFlags.WriteOnly, 0, out var fd);
                if (errors[number] == Errno.None) errors[number] = Syscall.PWrite(fd, [(byte)('a' + number)], number * 20000, out _);
                if (errors[number] == Errno.None) errors[number] = Syscall.Close(fd);
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            Assert.That(errors, Is.All.EqualTo(Errno.None));
            var text = File.ReadAllText($"{union.Merged}/f{round}");
            Assert.That(Enumerable.Range(0, writers).Select(n => text[n * 20000]), Is.EqualTo("abcdefgh"));
            Assert.That(text.Count(c => c == '.'), Is.EqualTo(200000 - writers));
        }
        Assert.That(union.Leftovers(), Is.Empty);
        union.AssertLowersUnchanged();
    }
}
