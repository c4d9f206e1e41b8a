using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli.Tests;

public sealed class MountOptionsParserTests
{
    [Test]
    public void Every_option_of_a_full_list_is_read()
    {
        var options = Parse("lowerdir=/a:/b,upperdir=/u,workdir=/w,data=cached,writeback=off,fsync=strict,nodev,suid,noexec,noatime,allow_other,noacl,fsname=name");
        Assert.That(Text(options.Lowers), Is.EqualTo(new[] { "/a", "/b" }));
        Assert.That(Encoding.UTF8.GetString(options.Upper!), Is.EqualTo("/u"));
        Assert.That(Encoding.UTF8.GetString(options.Work!), Is.EqualTo("/w"));
        Assert.That(options.Data, Is.EqualTo(DataMode.Cached));
        Assert.That(options.WriteBack, Is.False);
        Assert.That(options.Durability, Is.EqualTo(Durability.Strict));
        Assert.That(options.Devices, Is.False);
        Assert.That(options.Suid, Is.True);
        Assert.That(options.Flags, Is.EqualTo(MountFlags.NoExec | MountFlags.NoAtime));
        Assert.That(options.AllowOther, Is.True);
        Assert.That(options.Acl, Is.False);
        Assert.That(Encoding.UTF8.GetString(options.SourceName!), Is.EqualTo("name"));
        Assert.That(options.Notices, Is.Empty);
    }

    [TestCase("off", PartialSize.Off)]
    [TestCase("on", 512ul << 10)]
    [TestCase("4096", 4096ul)]
    [TestCase("64K", 65536ul)]
    [TestCase("3m", 3ul << 20)]
    [TestCase("2G", 2ul << 30)]
    public void A_size_may_have_a_unit(string word, ulong bytes) => Assert.That(Parse($"lowerdir=/a,partial={word}").WholeUpTo, Is.EqualTo(bytes));

    [TestCase("yes")]
    [TestCase("K")]
    [TestCase("-1")]
    [TestCase("1T")]
    [TestCase("99999999999G")]
    public void Another_size_is_refused(string word) => Assert.That(Assert.Throws<MountException>(() => Parse($"lowerdir=/a,partial={word}"))!.Message, Does.Contain("must be one of: off, on, or a size"));

    [TestCase("0", 0)]
    [TestCase("1", 1)]
    [TestCase("0.5", 0.5)]
    [TestCase(".25", 0.25)]
    [TestCase("2e3", 2000)]
    [TestCase("1e9", 1 << 30, Description = "for ever")]
    [TestCase("1000000000.0", 1 << 30)]
    [TestCase("1e400", 1 << 30)]
    public void A_time_is_a_decimal_number_of_seconds(string word, double seconds)
    {
        var options = Parse($"lowerdir=/a,timeout={word},entry_timeout={word},attr_timeout={word},negative_timeout={word}");
        Assert.That(new[] { options.Timeout, options.EntryTimeout, options.AttributesTimeout, options.NegativeTimeout }, Is.All.EqualTo(TimeSpan.FromSeconds(seconds)));
    }

    [TestCase("timeout")]
    [TestCase("timeout=")]
    [TestCase("timeout=-1")]
    [TestCase("timeout=NaN")]
    [TestCase("timeout=1s")]
    [TestCase("entry_timeout=1\\,5")]
    [TestCase("attr_timeout= 1")]
    [TestCase("negative_timeout=never")]
    public void Another_time_is_refused_to_a_person_and_a_line_for_others(string option)
    {
        Assert.That(Assert.Throws<MountException>(() => Parse("lowerdir=/a," + option))!.Message, Does.Contain("needs a number of seconds"));
        var options = MountOptionsParser.Parse(MountForm.DropIn, [B("lowerdir=/a,timeout=3," + option)]);
        Assert.That(options.Notices, Has.One.Contains("ignored: it needs a number of seconds"));
        Assert.That(options.Timeout, Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public void Nothing_said_means_nothing_set()
    {
        var options = Parse("lowerdir=/a");
        Assert.That(options.Upper, Is.Null);
        Assert.That(options.Data, Is.Null);
        Assert.That(options.WriteBack, Is.Null);
        Assert.That((options.WholeUpTo, options.Settle, options.Immutable), Is.EqualTo(((ulong?)null, (SettlePolicy?)null, false)));
        Assert.That(options.Durability, Is.Null);
        Assert.That(options.ReadOnly, Is.Null);
        Assert.That(options.Devices, Is.Null);
        Assert.That(options.AllowOther, Is.Null);
        Assert.That(options.Acl, Is.True);
    }

    [Test]
    public void Layers_may_come_one_by_one_and_colons_in_them_are_plain()
    {
        Assert.That(Text(Parse("lowerdir+=/a:b,lowerdir+=/c\\,d").Lowers), Is.EqualTo(new[] { "/a:b", "/c,d" }));
        Assert.That(Text(Parse("lowerdir=/a,lowerdir+=/b").Lowers), Is.EqualTo(new[] { "/a", "/b" }));
    }

    [Test]
    public void Several_lists_are_one() =>
        Assert.That(MountOptionsParser.Parse(MountForm.Verb, [B("lowerdir=/a"), B("upperdir=/u"), B("workdir=/w")]).Upper, Is.EqualTo(B("/u")));

    [Test]
    public void Paths_that_are_not_UTF8_stay_as_they_are()
    {
        byte[] path = [(byte)'/', 0xff, 0xfe, (byte)'x'];
        Assert.That(MountOptionsParser.Parse(MountForm.Verb, [[.. "upperdir="u8, .. path]]).Upper, Is.EqualTo(path));
    }

    [Test]
    public void Thousands_of_layers_fit()
    {
        var list = "lowerdir=" + string.Join(':', Enumerable.Range(0, 5000).Select(i => $"/layers/{i}"));
        Assert.That(Parse(list).Lowers, Has.Count.EqualTo(5000));
    }

    [TestCase("ro,rw", false)]
    [TestCase("rw,ro", true)]
    public void A_later_flag_beats_an_earlier_one(string list, bool readOnly) => Assert.That(Parse(list).ReadOnly, Is.EqualTo(readOnly));

    [TestCase("volatile", Durability.Volatile)]
    [TestCase("fsync=volatile,volatile", Durability.Volatile)]
    [TestCase("fsync=0", Durability.Volatile, Description = "as fuse-overlayfs writes it")]
    [TestCase("fsync=1", Durability.Ordered)]
    [TestCase("fsync=ordered", Durability.Ordered)]
    public void Durability_has_several_words(string list, Durability expected) => Assert.That(Parse(list).Durability, Is.EqualTo(expected));

    [TestCase("lowerdir=/a::/b:/c", "/c", "behind a data-only layer")]
    [TestCase("lowerdir=/a:::/b", "empty path", "between two colons")]
    [TestCase("lowerdir=/a::", "empty path", "end")]
    [TestCase("lowerdir=::/a", "empty path", "beginning")]
    [TestCase("lowerdir+=/a,datadir+=/d,lowerdir+=/b", "lowerdir+=/b", "behind a data-only layer")]
    [TestCase("lowerdir=:/a", "empty path", "beginning")]
    [TestCase("lowerdir=/a:", "empty path", "end")]
    [TestCase("lowerdir=", "lowerdir", "needs a value")]
    [TestCase("upperdir", "upperdir", "needs a value")]
    [TestCase("fsync=sometimes", "fsync=sometimes", "ordered, strict, volatile")]
    [TestCase("data=fast", "data=fast", "cached, passthrough")]
    [TestCase("writeback=maybe", "writeback=maybe", "on, off")]
    [TestCase("transport=pigeon", "transport=pigeon", "device, ring")]
    [TestCase("remount,rw", "remount", "unmount it and mount it again")]
    [TestCase("uidmapping=:0:1", "uidmapping=:0:1", "STORED:SHOWN:COUNT")]
    [TestCase("uidmapping=0:1:2:3", "uidmapping", "STORED:SHOWN:COUNT")]
    [TestCase("gidmapping=0:x:1", "gidmapping", "0:x:1")]
    [TestCase("gidmapping=0:1:0", "gidmapping", "maps no ids")]
    [TestCase("gidmapping=0:-1:1", "gidmapping", "needs three numbers")]
    [TestCase("uidmapping=4294967295:0:1", "uidmapping", "4294967294")]
    [TestCase("uidmapping=1:2:4294967294", "uidmapping", "4294967294")]
    [TestCase("uidmapping=0:1:1,ro,1:100000:65536", "1:100000:65536", "no uidmapping= or gidmapping= comes before")]
    [TestCase("1:100000:65536", "1:100000:65536", "no uidmapping= or gidmapping= comes before")]
    [TestCase("uidmapping=0:1:1,1:100000:65536:7", "1:100000:65536:7", "STORED:SHOWN:COUNT")]
    [TestCase("uidmapping=0:1\\,1:1:2:3", "uidmapping", "STORED:SHOWN:COUNT")]
    [TestCase("squash_to_uid=root", "squash_to_uid=root", "not an id")]
    [TestCase("squash_to_gid=4294967295", "squash_to_gid", "not an id")]
    [TestCase("xattr_permissions=3", "xattr_permissions=3", "0, 1, 2")]
    [TestCase("plugins=a", "plugins=a", "plugin")]
    [TestCase("verity=require", "verity=require", "digests")]
    public void What_cannot_be_meant_or_served_is_refused_in_every_form(string list, params string[] words)
    {
        foreach (var form in new[] { MountForm.Verb, MountForm.DropIn })
        {
            var message = Assert.Throws<MountException>(() => MountOptionsParser.Parse(form, [B(list)]))!.Message;
            foreach (var word in words) Assert.That(message, Does.Contain(word));
        }
    }

    [TestCase("lowerdir=/a,lowerdir=/b", "given twice", "lowerdir+=")]
    [TestCase("upperdir=/a,upperdir=/b", "/a", "/b")]
    [TestCase("workdir=/a,workdir=/b", "given twice", "/b")]
    [TestCase("volatile=1", "volatile", "takes no value")]
    [TestCase("ro=yes", "ro", "takes no value")]
    [TestCase("squash_to_root=1", "squash_to_root", "takes no value")]
    [TestCase("uidmapping=", "uidmapping", "needs a value")]
    [TestCase("volatile,fsync=strict", "fsync=strict", "volatile")]
    [TestCase("fsync=ordered,fsync=strict", "fsync=strict", "fsync=ordered")]
    [TestCase("fsync=strict,volatile", "volatile", "fsync=strict")]
    [TestCase("data=cached,data=passthrough", "data=passthrough", "Choose one")]
    [TestCase("writeback=on,writeback=off", "writeback=off", "Choose one")]
    [TestCase("timeout=1,timeout=2", "timeout=2", "Choose one")]
    [TestCase("squash_to_uid=1,squash_to_uid=2", "squash_to_uid=2", "Choose one")]
    [TestCase("xattr_permissions=1,xattr_permissions=2", "xattr_permissions=2", "Choose one")]
    [TestCase("uidmapping=0:1:1,uidmapping=0:2:1", "uidmapping is given twice", "all ranges in one")]
    public void A_person_who_contradicts_himself_is_told(string list, params string[] words)
    {
        var message = Assert.Throws<MountException>(() => Parse(list))!.Message;
        foreach (var word in words) Assert.That(message, Does.Contain(word));
    }

    [TestCase("volatile=1", "rw Volatile", "option \"volatile=1\" is taken for \"volatile\": it takes no value.")]
    [TestCase("volatile=0", "rw", "option \"volatile=0\" ignored: it takes no value.")]
    [TestCase("static_nlink=1,ro=yes", "ro nlink", "option \"static_nlink=1\" is taken", "option \"ro=yes\" is taken")]
    [TestCase("static_nlink=off", "rw", "ignored")]
    [TestCase("lowerdir=/b:/c", "/b /c rw", "lowerdir is given twice; /b:/c counts.")]
    [TestCase("upperdir=/u,upperdir=/v,upperdir=/v", "/v rw", "upperdir is given twice; /v counts.")]
    [TestCase("workdir=/u,workdir=/v", "rw", "workdir is given twice; /v counts.")]
    [TestCase("uidmapping=,gidmapping=", "rw", "option \"uidmapping=\" ignored: it maps no ids.", "gidmapping")]
    public void A_container_tool_gets_a_line_and_its_mount_where_a_person_is_refused(string list, string expected, params string[] notices)
    {
        var options = MountOptionsParser.Parse(MountForm.DropIn, [B("lowerdir=/a," + list)]);
        var said = Text(options.Lowers).Append(options.Upper is null ? "" : Encoding.UTF8.GetString(options.Upper)).Where(path => path is not ("" or "/a")).ToList();
        said.Add(options.ReadOnly == true ? "ro" : "rw");
        if (options.Durability is { } durability) said.Add(durability.ToString());
        if (options.StaticLinkCount) said.Add("nlink");
        Assert.That(string.Join(' ', said), Is.EqualTo(expected));
        Assert.That(options.Notices, Has.Count.EqualTo(notices.Length));
        foreach (var (notice, words) in options.Notices.Zip(notices)) Assert.That(notice, Does.Contain(words));
    }

    [TestCase(":0:1:1001")]
    [TestCase("0:1:1001")]
    public void Ids_are_mapped_by_three_numbers_with_or_without_a_colon_before(string value) =>
        Assert.That(Parse($"uidmapping={value},gidmapping={value}:2000:3000:5"), Has.Property("UidMapping").EqualTo(new[] { new IdRange(0, 1, 1001) })
            .And.Property("GidMapping").EqualTo(new[] { new IdRange(0, 1, 1001), new IdRange(2000, 3000, 5) }));

    [TestCase("uidmapping=0:1:1001,2000:3000:5")]
    [TestCase("uidmapping=:0:1:1001,2000:3000:5")]
    [TestCase("uidmapping=0:1:1001\\,2000:3000:5")]
    [TestCase("ro,uidmapping=0:1:1001,,2000:3000:5,volatile")]
    public void Further_ids_may_stand_behind_commas(string list) =>
        Assert.That(Parse(list).UidMapping, Is.EqualTo(new[] { new IdRange(0, 1, 1001), new IdRange(2000, 3000, 5) }));

    [TestCase("lowerdir=/a:/b::/c::/d")]
    [TestCase("lowerdir+=/a,lowerdir+=/b,datadir+=/c,datadir+=/d")]
    public void Data_only_layers_come_behind_the_others(string list)
    {
        var options = Parse(list);
        Assert.That((string[])[.. options.Lowers.Concat(options.DataOnly).Select(Encoding.UTF8.GetString)], Is.EqualTo(new[] { "/a", "/b", "/c", "/d" }));
        Assert.That(options.DataOnly, Has.Count.EqualTo(2));
    }

    [TestCase("lowerdri=/a", "lowerdir")]
    [TestCase("uperdir=/a", "upperdir")]
    [TestCase("vollatile", "volatile")]
    [TestCase("noalc", "noacl")]
    [TestCase("datta=cached", "data")]
    [TestCase("allow-other", "allow_other")]
    public void A_person_is_told_the_nearest_name_of_an_unknown_option(string list, string nearest) =>
        Assert.That(Assert.Throws<MountException>(() => Parse(list))!.Message, Does.Contain($"Did you mean \"{nearest}\"?"));

    [Test]
    public void An_option_near_to_none_is_unknown_without_a_guess() =>
        Assert.That(Assert.Throws<MountException>(() => Parse("zzzzzzzz"))!.Message, Does.Not.Contain("Did you mean"));

    [Test]
    public void A_container_tool_gets_a_line_for_an_unknown_option_and_its_mount()
    {
        var options = MountOptionsParser.Parse(MountForm.DropIn, [B("lowerdir=/a,,lowerdri=/b,foo=1,")]);
        Assert.That(options.Notices, Is.EqualTo(new[] { "unknown option \"lowerdri=/b\" ignored. Did you mean \"lowerdir\"?", "unknown option \"foo=1\" ignored." }));
    }

    [TestCase("threaded=0", "threads")]
    [TestCase("subtype=other", "fuse.overlayfuse")]
    [TestCase("redirect_dir=off", "redirect")]
    public void An_option_that_we_do_otherwise_is_accepted_and_named(string list, string why)
    {
        var options = Parse("lowerdir=/a," + list);
        Assert.That(options.Notices, Has.Count.EqualTo(1));
        Assert.That(options.Notices[0], Does.Contain(list).And.Contain(why));
    }

    [TestCase("xattr_permissions=0", OverrideForm.None)]
    [TestCase("xattr_permissions=1", OverrideForm.Privileged)]
    [TestCase("xattr_permissions=2,xattr_permissions=2", OverrideForm.Containers)]
    public void Where_owners_are_kept_is_a_number(string list, OverrideForm form) => Assert.That(Parse(list).KeepOwnersIn, Is.EqualTo(form));

    [TestCase("private,default_permissions,x-foo=1,_netdev,defaults,noauto,user,comment=x,nonempty,kernel_cache,subtype=overlayfuse")]
    [TestCase("redirect_dir=on,metacopy=on,index=on,xino=auto,nfs_export=off,noxattrs=0,xattr_permissions=0,threaded=1,verity=off")]
    public void An_option_that_asks_for_what_is_so_anyway_is_accepted_in_silence(string list) => Assert.That(Parse(list).Notices, Is.Empty);

    [Test]
    public void Every_served_row_of_the_table_is_served()
    {
        foreach (var row in OptionTable.All.Where(row => row.Kind == OptionKind.Served))
        {
            try
            {
                Parse(row.Name);
            }
            catch (MountException e)
            {
                Assert.That(e.Message, Does.Contain("needs a value").Or.Contain("needs a number"), row.Name);
            }
        }
    }

    [Test]
    public void Every_row_that_is_not_served_says_why()
    {
        foreach (var row in OptionTable.All.Where(row => row.Kind is OptionKind.NoEffect or OptionKind.Refused))
            Assert.That(row.Why, Is.Not.Empty.And.Not.EndWith("."), row.Name);
    }

    private static MountOptions Parse(string list) => MountOptionsParser.Parse(MountForm.Verb, [B(list)]);

    private static byte[] B(string text) => Encoding.UTF8.GetBytes(text);

    private static IEnumerable<string> Text(IEnumerable<byte[]> paths) => paths.Select(Encoding.UTF8.GetString);
}
