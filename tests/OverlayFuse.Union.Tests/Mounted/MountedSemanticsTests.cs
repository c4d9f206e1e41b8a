using System.Collections.Concurrent;
using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What programs may rely on in a mount, in each data mode, tried on the published executable.</summary>
[TestFixture("")]
[TestFixture("writeback=off")]
[TestFixture("data=passthrough")]
[TestFixture("timeout=0")]
public class MountedSemanticsTests(string options)
{
    private UnionMount _union = null!;

    [SetUp]
    public void MakeLayers()
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
        _union = new UnionMount(options);
    }

    [TearDown]
    public void LowersStayWhole()
    {
        try
        {
            if (_union.Root.IsOpen) _union.AssertLowersUnchanged();
        }
        finally
        {
            _union.Dispose();
        }
    }

    [Test]
    public void A_read_only_descriptor_sees_what_is_written_after_copy_up()
    {
        _union.Run("echo lower > l1/f");
        var reader = Open("f", OpenFlags.ReadOnly);
        Assert.That(Read(reader), Is.EqualTo("lower\n"));
        var writer = Open("f", OpenFlags.ReadWrite);
        Write(writer, "UPPER");
        Assert.That(Read(reader), Is.EqualTo("UPPER\n"));
        Assert.That(Syscall.Truncate(writer, 2), Is.EqualTo(Errno.None));
        Assert.That(Read(reader), Is.EqualTo("UP"));
        writer.Close();
        reader.Close();
    }

    [Test]
    public void An_unlinked_open_file_has_no_links_and_is_still_written_and_read([Values("l2", "u")] string layer)
    {
        _union.Run($"echo old > {layer}/f");
        var file = Open("f", OpenFlags.ReadWrite);
        Assert.That(Syscall.UnlinkAt(_union.Root, "f"u8), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Stat(file, out var status), Is.EqualTo(Errno.None));
        Assert.That(status.LinkCount, Is.Zero);
        Write(file, "new");
        Assert.That(Read(file), Is.EqualTo("new\n"));
        file.Close();
        Assert.That(_union.Run("ls m"), Is.Empty);
    }

    // In passthrough the kernel refuses whoever is told another way to the bytes than the others have.
    [Test]
    public void Those_who_open_a_file_at_the_same_time_all_read_it()
    {
        const int Readers = 4, Rounds = 100;
        _union.Run("echo upper > u/f");
        _union.Mount();
        using var together = new Barrier(Readers);
        var seen = new ConcurrentBag<(Errno, Errno, int)>();
        var readers = Enumerable.Range(0, Readers).Select(n => new Thread(() =>
        {
            var buffer = new byte[100];
            for (var round = 0; round < Rounds; round++)
            {
                together.SignalAndWait();
                var opened = Syscall.OpenAt(_union.Root, "f"u8, n == 0 ? OpenFlags.ReadWrite | OpenFlags.Append : OpenFlags.ReadOnly, 0, out var file);
                var read = Syscall.PRead(file, buffer, 0, out var count);
                file.Close();
                seen.Add((opened, read, count));
            }
        })).ToList();
        readers.ForEach(reader => reader.Start());
        readers.ForEach(reader => reader.Join());
        Assert.That(seen, Has.Count.EqualTo(Readers * Rounds).And.All.EqualTo((Errno.None, Errno.None, "upper\n".Length)));
    }

    [Test]
    public void A_new_file_opened_for_appending_is_written_anywhere_when_that_is_taken_away()
    {
        var file = Open("f", OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Append);
        Write(file, "abc");
        Assert.That(Syscall.SetNonBlocking(file, false), Is.EqualTo(Errno.None)); // takes the others away
        Write(file, "X");
        Assert.That(Read(file), Is.EqualTo("Xbc"));
        file.Close();
    }

    [Test]
    public void A_name_made_again_at_once_is_the_new_object()
    {
        _union.Run("echo lower > l3/x");
        _union.Mount();
        for (var i = 0; i < 200; i++)
        {
            Assert.That(i % 2 == 0 ? Syscall.UnlinkAt(_union.Root, "x"u8) : Syscall.RmdirAt(_union.Root, "x"u8), Is.EqualTo(Errno.None));
            Assert.That(i % 2 == 0 ? Syscall.MkdirAt(_union.Root, "x"u8, 0x1ED) : Syscall.MknodAt(_union.Root, "x"u8, (uint)FileType.Regular | 0x1A4, 0, 0), Is.EqualTo(Errno.None));
            Assert.That(Syscall.StatAt(_union.Root, "x"u8, cached: false, out var status), Is.EqualTo(Errno.None));
            Assert.That(status.IsDirectory, Is.EqualTo(i % 2 == 0));
        }
    }

    [Test]
    public void A_name_of_255_bytes_is_made_and_one_of_256_is_refused()
    {
        _union.Mount();
        var name = Encoding.ASCII.GetBytes(new string('n', 256));
        Assert.That(Syscall.MkdirAt(_union.Root, name.AsSpan(0, 255), 0x1ED), Is.EqualTo(Errno.None));
        Assert.That(Syscall.MkdirAt(_union.Root, name, 0x1ED), Is.EqualTo(Errno.NAMETOOLONG));
        Assert.That(Syscall.StatAt(_union.Root, name, cached: false, out _), Is.EqualTo(Errno.NAMETOOLONG));
    }

    [Test]
    public void A_user_cannot_make_a_whiteout()
    {
        _union.Run("echo lower > l1/f");
        _union.Mount();
        Assert.That(Syscall.MknodAt(_union.Root, "w"u8, (uint)FileType.CharDevice, 0, 0), Is.EqualTo(Errno.PERM));
        Assert.That(Syscall.RenameAt2(_union.Root, "f"u8, _union.Root, "g"u8, RenameFlags.Whiteout), Is.EqualTo(Errno.INVAL));
    }

    [Test]
    public void A_mark_set_by_a_user_is_kept_escaped()
    {
        _union.Run("echo lower > l1/f");
        _union.Mount();
        _union.Run("setfattr -n trusted.overlay.opaque -v y m/f");
        Assert.That(_union.Run("getfattr -n trusted.overlay.opaque --only-values m/f"), Is.EqualTo("y"));
        Assert.That(_union.Run("getfattr -n trusted.overlay.overlay.opaque --only-values u/f"), Is.EqualTo("y"));
    }

    [Test]
    public void Trusted_attributes_are_listed_to_root_alone()
    {
        _union.Run("chmod 755 . l1 u && echo lower > l1/f && setfattr -n trusted.t -v 1 l1/f && setfattr -n user.u -v 1 l1/f");
        _union.Mount();
        Assert.That(_union.Run("getfattr -m - m/f"), Does.Contain("trusted.t"));
        Assert.That(_union.Run("setpriv --reuid 65534 --clear-groups getfattr -m - m/f"), Does.Not.Contain("trusted.t").And.Contain("user.u"));
    }

    [Test]
    public void A_file_without_a_name_is_linked_over_a_whiteout()
    {
        _union.Run("echo lower > l1/f");
        _union.Mount();
        Assert.That(Syscall.UnlinkAt(_union.Root, "f"u8), Is.EqualTo(Errno.None));
        Assert.That(Syscall.OpenAt(_union.Root, "."u8, OpenFlags.TmpFile | OpenFlags.ReadWrite, 0x1A4, out var file), Is.EqualTo(Errno.None));
        Write(file, "fresh");
        Assert.That(Syscall.LinkFd(file, _union.Root, "f"u8), Is.EqualTo(Errno.None));
        file.Close();
        _union.Remount();
        Assert.That(_union.Run("cat m/f; stat -c %h m/f"), Is.EqualTo("fresh1"));
    }

    [TestCase("echo x >> m/f")]
    [TestCase("fallocate -l 100 m/f")]
    public void A_change_of_bytes_by_another_user_clears_setuid(string change)
    {
        _union.Run("chmod 755 . l1 u && echo lower > l1/f && chmod 6777 l1/f");
        _union.Mount();
        _union.Run($"setpriv --reuid 65534 --regid 65534 --clear-groups bash -c '{change}'");
        Assert.That(_union.Run("stat -c %a m/f"), Is.EqualTo("777"));
    }

    [Test]
    public void A_write_by_root_takes_the_file_capability_and_leaves_setuid([Values] bool copiedUp)
    {
        _union.Run("echo lower > l1/f && chmod 6755 l1/f && setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 l1/f");
        _union.Mount();
        if (copiedUp) _union.Run("touch m/f");
        _union.Run("echo x >> m/f");
        Assert.That(_union.Run("stat -c %a m/f; getfattr -m security -d m/f"), Is.EqualTo("6755"));
    }

    [Test]
    public void A_file_that_is_replaced_while_its_directory_is_read_is_listed_all_the_same()
    {
        _union.Run("mkdir l1/d && cd l1/d && seq 3000 | xargs touch");
        _union.Mount();
        const string Script = """
            import os
            names = []
            with os.scandir('m/d') as entries:
                for entry in entries:
                    names.append(entry.name)
                    if len(names) != 51: continue
                    for name in range(1, 3001):
                        open('m/d/tmp', 'w').close()
                        os.rename('m/d/tmp', 'm/d/%d' % name)
            print(len(names) == len(set(names)), len(set(names) - {'tmp'}))
            """;
        File.WriteAllText($"{_union.Home}/replace.py", Script);
        Assert.That(_union.Run("python3 replace.py"), Is.EqualTo("True 3000"));
    }

    [Test]
    public void Bytes_are_not_appended_any_more_when_the_descriptor_is_told_so()
    {
        _union.Mount();
        _union.Run("printf 12345X > m/f; python3 -c \"import fcntl, os; f = os.open('m/f', os.O_RDWR | os.O_APPEND); fcntl.fcntl(f, fcntl.F_SETFL, 0); os.pwrite(f, b'Y', 0)\"");
        Assert.That(_union.Run("cat m/f"), Is.EqualTo("Y2345X"));
    }

    [Test]
    public void A_mark_of_a_fuse_overlayfs_inside_is_not_ours()
    {
        _union.Run("mkdir -p l1/d && echo lower > l1/d/f");
        _union.Mount();
        _union.Run("setfattr -n user.fuseoverlayfs.opaque -v y m/d");
        _union.Remount();
        Assert.That(_union.Run("cat m/d/f; getfattr --only-values -n user.fuseoverlayfs.opaque m/d"), Is.EqualTo("lower\ny"));
    }

    [TestCase("user.containers.override_stat")]
    [TestCase("user.fuseoverlayfs.override_stat")]
    [TestCase("security.fuseoverlayfs.override_stat")]
    public void Owners_and_devices_are_not_invented_by_attributes(string name)
    {
        _union.Run("mkdir -p l1/d && echo lower > l1/f && cp l1/f u/g && chown 1000 u/g");
        _union.Mount();
        _union.Run($"setfattr -n {name} -v 0:0:0777:dir m; setfattr -n {name} -v 0:0:4755:file m/f; setfattr -n {name} -v 0:0:0666:char-1-9 m/g");
        _union.Remount();
        Assert.That(_union.Run($"stat -c '%n %u %a %F' m/f m/g; getfattr --only-values -n {name} m/g; getfattr -m . m/g | grep override; ls u"),
            Is.EqualTo($"m/f 0 644 regular file\nm/g 1000 644 regular file\n0:0:0666:char-1-9{name}\nf\ng"));
    }

    [Test]
    public void A_chown_to_the_same_owner_clears_setuid()
    {
        _union.Run("echo lower > l1/f && chmod 6755 l1/f");
        _union.Mount();
        Assert.That(Syscall.ChownAt(_union.Root, "f"u8, uint.MaxValue, uint.MaxValue), Is.EqualTo(Errno.None));
        Assert.That(_union.Run("stat -c %a m/f"), Is.EqualTo("755"));
    }

    [Test]
    public void A_new_directory_inherits_setgid_and_group()
    {
        _union.Run("mkdir l1/d && chgrp 1234 l1/d && chmod 2755 l1/d");
        _union.Mount();
        _union.Run("mkdir m/d/e && touch m/d/f");
        Assert.That(_union.Run("stat -c '%a %g' m/d/e m/d/f"), Is.EqualTo("2755 1234\n644 1234"));
    }

    [Test]
    public void A_default_acl_stands_in_for_the_umask()
    {
        _union.Run("mkdir l1/d && setfacl -d -m u::rwx,g::rwx,o::r l1/d");
        _union.Mount();
        _union.Run("umask 077; mkdir m/d/e; touch m/d/f");
        Assert.That(_union.Run("stat -c %a m/d/e m/d/f; getfacl -c -p --default m/d/e | head -n 3"), Is.EqualTo("774\n664\nuser::rwx\ngroup::rwx\nother::r--"));
    }

    [Test]
    public void A_file_capability_survives_copy_up_and_goes_with_a_write()
    {
        _union.Run("echo lower > l1/f && setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 l1/f");
        _union.Mount();
        Assert.That(_union.Run("chmod 700 m/f; getfattr -m security -d m/f"), Does.Contain("security.capability"));
        Assert.That(_union.Run("echo x >> m/f; getfattr -m security -d m/f"), Does.Not.Contain("security.capability"));
    }

    [Test]
    public void Moving_a_lower_directory_leaves_its_files_below()
    {
        _union.Run("mkdir -p l2/d/e l3/d && echo 2 > l2/d/e/f && echo 3 > l3/d/g");
        _union.Mount();
        _union.Run("mv m/d m/moved && chmod 600 m/moved/e/f && mv m/moved/e/f m/top");
        _union.Remount();
        Assert.That(_union.Run("cat m/top m/moved/g; ls m; stat -c %t:%T u/d; getfattr -n trusted.overlay.redirect --only-values u/moved"), Is.EqualTo("2\n3\nmoved\ntop\n0:0\n/d"));
    }

    [Test]
    public void Files_of_a_directory_that_a_lower_layer_moved_are_found_after_they_move()
    {
        _union.Run("mkdir -p l3/orig/sub l2/moved && echo bytes > l3/orig/sub/f && mknod l2/orig c 0 0 && setfattr -n trusted.overlay.redirect -v /orig l2/moved");
        _union.Mount();
        _union.Run("chmod 600 m/moved/sub/f && mv m/moved/sub/f m/f && mv m/moved/sub m/s");
        _union.Remount();
        Assert.That(_union.Run("cat m/f; ls -d m/s"), Is.EqualTo("bytes\nm/s"));
    }

    [Test]
    public void All_names_of_a_lower_object_stay_one_when_it_is_copied_up()
    {
        _union.Run("mkdir l1/d && echo lower > l1/a && ln l1/a l1/d/b && ln -s to l1/s && ln l1/s l1/d/t && mkfifo l1/p && ln l1/p l1/d/q");
        _union.Mount();
        _union.Run("stat m/a m/d/b m/d/t m/d/q; chmod 600 m/a; chown -h 7 m/s; chown 7 m/p; echo new >> m/d/b; ln m/a m/c");
        for (var round = 0; round < 2; round++)
        {
            Assert.That(_union.Run("stat -c '%h %u' m/a m/d/b m/c m/s m/d/t m/p m/d/q"), Is.EqualTo("3 0\n3 0\n3 0\n2 7\n2 7\n2 7\n2 7"));
            Assert.That(_union.Run("cat m/a; stat -c %i m/a m/d/b m/c | uniq | wc -l; stat -c %i m/s m/d/t | uniq | wc -l"), Is.EqualTo("lower\nnew\n1\n1"));
            _union.Remount();
        }
    }

    [Test]
    public void The_other_names_of_a_replaced_file_are_counted_anew()
    {
        _union.Run("echo lower > l1/a && ln l1/a l1/b && echo other > l1/c");
        _union.Mount();
        Assert.That(_union.Run("stat -c %h m/a m/b; mv m/c m/a; stat -c %h m/b; cat m/a m/b"), Is.EqualTo("2\n2\n1\nother\nlower"));
    }

    [Test]
    public void What_was_just_written_is_no_hole()
    {
        _union.Mount();
        var file = Open("f", OpenFlags.ReadWrite | OpenFlags.Create);
        Assert.That(Syscall.Truncate(file, 1 << 20), Is.EqualTo(Errno.None));
        Assert.That(Syscall.PWrite(file, "data"u8, 65536, out _), Is.EqualTo(Errno.None));
        Assert.That(Syscall.LSeek(file, 0, Whence.Data, out var data), Is.EqualTo(Errno.None));
        Assert.That(data, Is.EqualTo(65536));
        file.Close();
    }

    [Test]
    public void The_time_of_a_file_is_the_same_after_the_next_mount()
    {
        _union.Run("echo lower > l1/f && touch -d 2001-01-01 l1/f");
        _union.Mount();
        _union.Run("truncate -s 6 m/f; echo x > m/g; cp m/g m/h; truncate -s 1 m/h");
        var before = _union.Run("stat -c '%n %Y %y' m/f m/g m/h");
        _union.Remount();
        Assert.That(_union.Run("stat -c '%n %Y %y' m/f m/g m/h"), Is.EqualTo(before));
    }

    [Test]
    public void A_tree_deeper_than_a_path_may_be_long_is_made_and_removed()
    {
        _union.Mount();
        var name = Encoding.ASCII.GetBytes(new string('d', 200));
        var at = _union.Root;
        for (var depth = 0; depth < 30; depth++)
        {
            Assert.That(Syscall.MkdirAt(at, name, 0x1ED), Is.EqualTo(Errno.None), $"at depth {depth}");
            Assert.That(Syscall.OpenAt(at, name, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var next), Is.EqualTo(Errno.None));
            if (at != _union.Root) at.Close();
            at = new DirFd(next.Number);
        }
        Assert.That(Syscall.MknodAt(at, "leaf"u8, (uint)FileType.Regular | 0x1A4, 0, 0), Is.EqualTo(Errno.None));
        at.Close();
        _union.Run("rm -r m/d*");
        Assert.That(_union.Run("ls m"), Is.Empty);
    }

    private Fd Open(string name, OpenFlags flags)
    {
        if (!_union.Root.IsOpen) _union.Mount();
        Assert.That(Syscall.OpenAt(_union.Root, Encoding.UTF8.GetBytes(name), flags, 0x1A4, out var fd), Is.EqualTo(Errno.None));
        return fd;
    }

    private static void Write(Fd file, string text) =>
        Assert.That(Syscall.PWrite(file, Encoding.UTF8.GetBytes(text), 0, out _), Is.EqualTo(Errno.None));

    private static string Read(Fd file)
    {
        Span<byte> buffer = stackalloc byte[100];
        Assert.That(Syscall.PRead(file, buffer, 0, out var count), Is.EqualTo(Errno.None));
        return Encoding.UTF8.GetString(buffer[..count]);
    }
}
