using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image.Tests;

/// <summary>The rules of OCI layers, and archives that mean harm. Nothing outside the layer may change.</summary>
public sealed class LayerApplierTests
{
    [Test]
    public void Files_directories_links_modes_and_times_are_as_the_archive_says()
    {
        using var scratch = new Scratch();
        Apply(scratch, Archives.Directory("d", mode: 0x1c0), Archives.File("d/f", "text"), Archives.Link(TarKind.HardLink, "d/h", "d/f"), Archives.Link(TarKind.SymbolicLink, "s", "/etc/passwd"));

        Assert.That(File.ReadAllText(scratch["layer/d/h"]), Is.EqualTo("text"));
        Syscall.Stat(scratch["layer/d/f"], out var file);
        Syscall.Stat(scratch["layer/d"], out var directory);
        Assert.That((file.LinkCount, file.ModifyTime.Seconds, directory.ModifyTime.Seconds), Is.EqualTo((2u, 1_000_000_000L, 1_000_000_000L)));
        Assert.That(directory.Mode & 0xfff, Is.EqualTo(0x1c0u));
        Assert.That(new FileInfo(scratch["layer/s"]).LinkTarget, Is.EqualTo("/etc/passwd"));
    }

    [Test]
    public void A_directory_over_a_directory_keeps_what_is_in_it_and_a_file_over_it_removes_it()
    {
        using var scratch = new Scratch();
        Apply(scratch, Archives.File("a/x", "1"), Archives.File("b/x/y/z", "1"), Archives.Directory("a", mode: 0x1c0), Archives.File("b", "file"));

        Assert.That(File.ReadAllText(scratch["layer/a/x"]), Is.EqualTo("1"));
        Assert.That(File.ReadAllText(scratch["layer/b"]), Is.EqualTo("file"));
    }

    [Test]
    public void A_whiteout_hides_what_is_below_and_never_an_entry_of_its_own_layer_whatever_the_order()
    {
        using var scratch = new Scratch();
        Apply(scratch, Archives.File("d/.wh.gone", ""), Archives.File("d/kept", "own"), Archives.File("d/.wh.kept", ""));

        Assert.That(File.ReadAllText(scratch["layer/d/kept"]), Is.EqualTo("own"));
        Assert.That(IsWhiteout(scratch["layer/d"], "gone"), Is.True);
        Assert.That(File.Exists(scratch["layer/d/.wh.kept"]), Is.False);
    }

    [Test]
    public void A_whiteout_of_a_directory_that_the_layer_has_makes_it_opaque_and_so_does_the_marker()
    {
        using var scratch = new Scratch();
        Apply(scratch, Archives.File(".wh.d", ""), Archives.File("d/own", "1"), Archives.File("e/own", "1"), Archives.File("e/.wh..wh..opq", ""));

        Assert.That((IsOpaque(scratch["layer/d"]), IsOpaque(scratch["layer/e"])), Is.EqualTo((true, true)));
        Assert.That(Directory.GetFileSystemEntries(scratch["layer/e"]), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_path_that_leads_outside_is_refused()
    {
        using var scratch = new Scratch();
        foreach (var name in new[] { "../evil", "a/../../evil", "..", "a/.." })
            Assert.That(() => Apply(scratch, Archives.File(name, "bad")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("leads outside"), name);
        Assert.That(File.Exists(scratch["evil"]), Is.False);
    }

    [Test]
    public void A_path_through_a_link_stays_inside_the_layer()
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["outside"]);
        Apply(scratch, Archives.Link(TarKind.SymbolicLink, "up", "../../../../../../../../" + scratch["outside"]), Archives.Directory(scratch["outside"][1..]), Archives.File("up/evil", "bad"));

        Assert.That(Directory.GetFileSystemEntries(scratch["outside"]), Is.Empty);
        Assert.That(File.ReadAllText(scratch["layer" + scratch["outside"] + "/evil"]), Is.EqualTo("bad"));
    }

    [Test]
    public void A_file_is_not_written_through_a_link_of_the_same_name()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["victim"], "good");
        Apply(scratch, Archives.Link(TarKind.SymbolicLink, "f", scratch["victim"]), Archives.File("f", "bad"));

        Assert.That(File.ReadAllText(scratch["victim"]), Is.EqualTo("good"));
        Assert.That(File.ReadAllText(scratch["layer/f"]), Is.EqualTo("bad"));
    }

    [Test]
    public void A_link_that_somebody_puts_in_the_place_of_a_new_file_is_not_followed()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["victim"], "good");
        _ = Syscall.Chmod(scratch["victim"], Mode.OwnerReadWrite);
        var root = scratch.Open("layer");
        using (var applier = new LayerApplier(root) { BeforeContent = () => Replace(scratch["layer/f"], scratch["victim"]) })
            Assert.That(() => applier.Apply(Archives.Reader(Archives.Of(Archives.File("f", "bad")))), Throws.TypeOf<RefusedException>());
        root.Close();

        Syscall.Stat(scratch["victim"], out var victim);
        Assert.That(victim.Mode & Mode.Permissions, Is.EqualTo(Mode.OwnerReadWrite));

        static void Replace(string path, string target)
        {
            File.Delete(path);
            File.CreateSymbolicLink(path, target);
        }
    }

    [Test]
    public void A_hard_link_to_something_outside_is_refused()
    {
        using var scratch = new Scratch();
        File.WriteAllText(scratch["secret"], "secret");
        Assert.That(() => Apply(scratch, Archives.Link(TarKind.HardLink, "f", scratch["secret"])), Throws.TypeOf<InvalidDataException>().With.Message.Contains("which the layer does not have").Or.Message.Contains("wants to write below"));
        Assert.That(File.Exists(scratch["layer/f"]), Is.False);
    }

    [Test]
    public void A_whiteout_of_nothing_is_refused()
    {
        using var scratch = new Scratch();
        Assert.That(() => Apply(scratch, Archives.File("d/.wh.", "")), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void A_flood_of_devices_is_refused()
    {
        using var scratch = new Scratch();
        var device = Archives.Entry(TarKind.CharDevice, "");
        device.DeviceMajor = 1;
        var flood = Enumerable.Range(0, 5000).Select(i =>
        {
            var entry = Archives.Entry(TarKind.CharDevice, $"dev/{i}");
            (entry.DeviceMajor, entry.DeviceMinor) = (1, 3);
            return (entry, "");
        });
        Assert.That(() => Apply(scratch, [.. flood]), Throws.TypeOf<InvalidDataException>().With.Message.Contains("devices"));
    }

    [Test]
    public void Marks_in_an_archive_are_those_of_a_union_inside_the_image()
    {
        using var scratch = new Scratch();
        var directory = Archives.Directory("d");
        directory.Item1.Xattrs.Add(("user.overlay.opaque"u8.ToArray(), "y"u8.ToArray()));
        Apply(scratch, directory);
        Assert.That(IsOpaque(scratch["layer/d"]), Is.False);
    }

    [Test]
    public void A_tree_written_into_an_archive_and_applied_is_the_same_tree()
    {
        using var scratch = new Scratch();
        Apply(scratch, Archives.Directory("d", mode: 0x1e8), Archives.File("d/a", "1"), Archives.Link(TarKind.HardLink, "d/b", "d/a"), Archives.Link(TarKind.SymbolicLink, "l", "d/a"), Archives.File("names/\x01\xfe", "2"));
        var first = Tree(scratch, "layer");

        var root = scratch.Open("second");
        using (var applier = new LayerApplier(root)) applier.Apply(Archives.Reader(first));
        root.Close();
        Assert.That(Tree(scratch, "second"), Is.EqualTo(first));
        Assert.That(first, Has.Length.GreaterThan(5 * 512));
    }

    [Test]
    public void A_directory_that_is_left_out_comes_as_it_is_when_something_in_it_does()
    {
        using var scratch = new Scratch();
        Apply(scratch, Archives.Directory("d", mode: 0x1c0), Archives.Directory("d/e", mode: 0x1e8), Archives.Directory("d/e/empty"), Archives.File("d/e/keep", ""), Archives.File("d/e/not", ""), Archives.Directory("f"), Archives.File("f/not", ""));
        var (stream, root) = (new MemoryStream(), scratch.Open("layer"));
        new TreeArchive(new TarWriter(stream)) { Skips = name => !name.AsSpan().EndsWith("keep"u8), LooksIntoSkipped = true }.WriteContents(root);
        root.Close();
        var (reader, found) = (Archives.Reader(stream.ToArray()), new List<string>());
        while (reader.Next() is { } entry) found.Add($"{Encoding.ASCII.GetString(entry.Name)} {entry.Mode:x} {entry.ModifyTime.Seconds}");
        Assert.That(found, Is.EqualTo(new[] { "d/ 1c0 1000000000", "d/e/ 1e8 1000000000", "d/e/keep 1a4 1000000000" }));
    }

    [Test]
    public void Where_there_are_no_other_ids_owners_modes_and_devices_are_kept_in_marks()
    {
        using var scratch = new Scratch();
        var (file, device) = (Archives.Entry(TarKind.File, "d/f"), Archives.Entry(TarKind.CharDevice, "null"));
        (file.Uid, file.Gid, file.Mode) = (33, 34, 0x9ed /* 4755 */);
        (device.Uid, device.Gid, device.DeviceMajor, device.DeviceMinor) = (1, 2, 1, 3);
        var root = scratch.Open("layer");
        using (var applier = new LayerApplier(root) { KeepsOwnersIn = OverrideForm.Containers })
        {
            applier.Apply(Archives.Reader(Archives.Of((file, "text"), (device, ""), Archives.Link(TarKind.SymbolicLink, "s", "d"), Archives.File("s/g", "led through"))));
            Assert.That((applier.WithoutOwner, applier.WithoutDevice), Is.EqualTo((0, 0)));
        }
        root.Close();

        string Mark(string name)
        {
            var value = new byte[64];
            return Syscall.GetXattrAt(DirFd.Cwd, Encoding.UTF8.GetBytes(scratch[name]), "user.containers.override_stat"u8, value, out var length) == Errno.None
                ? Encoding.ASCII.GetString(value, 0, length) : "";
        }
        Assert.That((Mark("layer"), Mark("layer/d/f"), Mark("layer/null"), Mark("layer/s")), Is.EqualTo(("0:0:0755:dir", "33:34:4755:file", "1:2:0644:char-1-3", "")));
        Syscall.Stat(scratch["layer/d/f"], out var stored);
        Assert.That(stored.Mode & 0xfff, Is.EqualTo(0x1edu));
        Assert.That(File.ReadAllText(scratch["layer/d/g"]), Is.EqualTo("led through"));
    }

    private static void Apply(Scratch scratch, params (TarEntry, string)[] entries)
    {
        var root = scratch.Open("layer");
        try
        {
            using var applier = new LayerApplier(root);
            applier.Apply(Archives.Reader(Archives.Of(entries)));
        }
        finally
        {
            root.Close();
        }
    }

    private static byte[] Tree(Scratch scratch, string name)
    {
        var stream = new MemoryStream();
        var writer = new TarWriter(stream);
        var root = scratch.Open(name);
        _ = Syscall.Utimens(root.Fd, new Timestamp(1, 0), new Timestamp(1, 0));
        if (Directory.Exists(scratch[name + "/names"])) Directory.SetLastWriteTimeUtc(scratch[name + "/names"], DateTime.UnixEpoch);
        new TreeArchive(writer).Write(root, []);
        writer.End();
        root.Close();
        return stream.ToArray();
    }

    private static bool IsWhiteout(string directory, string name)
    {
        if (File.Exists(Path.Combine(directory, ".wh." + name))) return true;
        _ = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(directory), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd);
        var error = Syscall.StatAt(new DirFd(fd.Number), Encoding.UTF8.GetBytes(name), cached: false, out var status);
        fd.Close();
        return error == Errno.None && status.IsWhiteoutDevice;
    }

    private static bool IsOpaque(string directory)
    {
        if (File.Exists(Path.Combine(directory, ".wh..wh..opq"))) return true;
        Span<byte> value = stackalloc byte[4];
        _ = Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(directory), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd);
        var isOpaque = Syscall.GetXattr(fd, "trusted.overlay.opaque"u8, value, out _) == Errno.None || Syscall.GetXattr(fd, "user.overlay.opaque"u8, value, out _) == Errno.None;
        fd.Close();
        return isOpaque;
    }
}
