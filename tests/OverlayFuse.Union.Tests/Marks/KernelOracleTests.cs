using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>The kernel itself as the judge of what we compute.</summary>
internal class KernelOracleTests
{
    private static readonly byte[] Access = "system.posix_acl_access"u8.ToArray();
    private static readonly byte[] Default = "system.posix_acl_default"u8.ToArray();

    private static readonly Gen<string> Acls =
        from p in Gen.ArrayOf(Gen.Choose(0, 7), 6)
        from hasUser in ArbMap.Default.GeneratorFor<bool>()
        from hasGroup in ArbMap.Default.GeneratorFor<bool>()
        from hasMask in ArbMap.Default.GeneratorFor<bool>()
        select $"u:{p[0]}{(hasUser ? $" u1000:{p[1]}" : "")} g:{p[2]}{(hasGroup ? $" g50:{p[3]}" : "")}{(hasMask || hasUser || hasGroup ? $" m:{p[4]}" : "")} o:{p[5]}";

    private static readonly Arbitrary<(string Acl, uint Mode)> Cases = Arb.From(
        from acl in Acls
        from mode in Gen.Choose(0, 0x1ff)
        select (acl, (uint)mode));

    private Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void A_new_file_inherits_as_it_does_natively()
    {
        var count = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Cases, c =>
        {
            var acl = AclTests.Make(c.Acl);
            var name = Encoding.ASCII.GetBytes($"file{count++}");
            Require(Syscall.SetXattr(_scratch.Upper.Fd, Default, acl, XattrFlags.None));
            Require(Syscall.MknodAt(_scratch.Upper, name, (uint)FileType.Regular | c.Mode, 0, 0));

            var access = new byte[acl.Length];
            Require(Acl.Inherit(acl, (uint)FileType.Regular | c.Mode, access, out var length, out var mode));
            Assert.That(mode, Is.EqualTo(ModeOf(name)), $"{c}");
            Assert.That(access[..length], Is.EqualTo(AccessOf(name)), $"{c}");
        }));
    }

    [Test]
    public void Setting_an_acl_and_chmod_change_mode_and_acl_as_they_do_natively()
    {
        File.WriteAllText($"{_scratch.Path}/upper/file", "");
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Cases, c =>
        {
            var acl = AclTests.Make(c.Acl);
            var before = ModeOf("file"u8);
            Require(Syscall.SetXattrAt(_scratch.Upper, "file"u8, Access, acl, XattrFlags.None));
            Assert.That(Acl.TryToMode(acl, before, out var mode, out var equivalent), Is.True);
            Assert.That(mode, Is.EqualTo(ModeOf("file"u8)), $"{c}");
            Assert.That(equivalent ? [] : acl, Is.EqualTo(AccessOf("file"u8)), $"{c}");

            Require(Syscall.ChmodAt(_scratch.Upper, "file"u8, c.Mode));
            Require(Acl.Chmod(acl, c.Mode));
            if (!equivalent) Assert.That(acl, Is.EqualTo(AccessOf("file"u8)), $"{c}");
        }));
    }

    [Test]
    public void An_origin_mark_of_the_kernel_is_the_one_we_would_write()
    {
        if (!Scratch.IsRoot) Assert.Ignore("kernel overlayfs with trusted marks is for root");
        _scratch.Shell("mkdir lower merged; echo data > lower/file");
        var (code, output) = _scratch.Run(
            "unshare -m sh -ec 'mount -t overlay overlay -o metacopy=on,lowerdir=lower,upperdir=upper,workdir=work merged; chmod 600 merged/file; mv merged/file merged/moved'");
        if (code != 0) Assert.Ignore($"no kernel overlayfs here: {output}");

        var mark = Read("moved"u8, MarkNames.Origin(MarkFamily.Trusted));
        Assert.That(OriginMark.Parse(mark, out var origin), Is.EqualTo(OriginKind.Valid));

        var handle = new byte[Syscall.MaxHandleLength];
        var uuid = new byte[16];
        var lower = _scratch.OpenDirectory("lower");
        Require(Syscall.NameToHandleAt(lower, "file"u8, handle, out var type, out var length));
        if (Syscall.GetFileSystemUuid(lower.Fd, uuid) != Errno.None) uuid = origin.Uuid.ToArray();
        var written = new byte[OriginMark.MaxLength];
        Assert.That(written[..OriginMark.Format(written, uuid, (byte)type, handle.AsSpan(0, length))], Is.EqualTo(mark));

        Assert.That(MetacopyMark.Parse(Read("moved"u8, MarkNames.Metacopy(MarkFamily.Trusted)), out _), Is.EqualTo(Errno.None));
        var redirect = Read("moved"u8, MarkNames.Redirect(MarkFamily.Trusted));
        Assert.That(RedirectMark.Parse(redirect, out _), Is.EqualTo(Errno.None));
        Assert.That(Encoding.ASCII.GetString(redirect), Is.EqualTo("file").Or.EqualTo("/file"));
    }

    private static void Require(Errno error) => Assert.That(error, Is.EqualTo(Errno.None));

    private uint ModeOf(ReadOnlySpan<byte> name)
    {
        Require(Syscall.StatAt(_scratch.Upper, name, cached: false, out var status));
        return status.Mode;
    }

    /// <summary>The access ACL, empty where there is none.</summary>
    private byte[] AccessOf(ReadOnlySpan<byte> name) => Read(name, Access);

    private byte[] Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        var value = new byte[1024];
        return Syscall.GetXattrAt(_scratch.Upper, name, attribute, value, out var length) == Errno.None ? value[..length] : [];
    }
}
