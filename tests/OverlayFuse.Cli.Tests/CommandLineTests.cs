using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Cli.Tests;

public sealed class CommandLineTests
{
    [TestCase("Usage:\n  overlayfuse run <IMAGE> [<COMMAND>...] [options]\n\nOptions:", "overlayfuse run", "Usage:\n  overlayfuse run [options] <IMAGE> [<COMMAND>...]\n\nOptions:")]
    [TestCase("Usage:\n  overlayfuse ps [options]\n", "overlayfuse ps", "Usage:\n  overlayfuse ps [options]\n")]
    [TestCase("Usage:\n  overlayfuse volume [command] [options]\n", "overlayfuse volume", "Usage:\n  overlayfuse volume [options] [command]\n")]
    [TestCase("no usage", "overlayfuse", "no usage")]
    public void Help_has_flags_where_they_have_to_stand(string text, string command, string shown) => Assert.That(UsageAction.WithFlagsFirst(text, command), Is.EqualTo(shown));

    [TestCase("overlayfuse", "mount /m", true)]
    [TestCase("overlayfuse", "umount /m", true)]
    [TestCase("overlayfuse", "explain /m/f", true)]
    [TestCase("overlayfuse", "changes /m", true)]
    [TestCase("fuse-overlayfs", "explain /m -o lowerdir=/a", false)]
    [TestCase("overlayfuse", "settle --plain /u", true)]
    [TestCase("overlayfuse", "check /u", true)]
    [TestCase("overlayfuse", "--help", true)]
    [TestCase("fuse-overlayfs", "--version", false)]
    [TestCase("fuse-overlayfs", "--help", false, Description = "its help lists what works by that name")]
    [TestCase("fuse-overlayfs", "", false)]
    [TestCase("mount.fuse.overlayfuse", "-h", false)]
    [TestCase("overlayfuse", "", true)]
    [TestCase("overlayfuse", "-o lowerdir=/a /m", false)]
    [TestCase("overlayfuse", "none /m -o lowerdir=/a", false)]
    [TestCase("fuse-overlayfs", "-o lowerdir=/a /m", false)]
    [TestCase("fuse-overlayfs", "mount /m -o lowerdir=/a", false)]
    [TestCase("mount.fuse.overlayfuse", "mount /m -o lowerdir=/a", false, Description = "mount(8) puts a source word first, whatever it is")]
    public void The_form_is_told_by_the_first_word_and_our_name(string name, string words, bool hasVerb) =>
        Assert.That(CommandWords.HaveVerb(new RawArguments(name, Words(words))), Is.EqualTo(hasVerb));

    [TestCase("overlayfuse", "pause c1", "pause")]
    [TestCase("overlayfuse", "attach", "attach")]
    [TestCase("overlayfuse", "builder prune", "builder")]
    [TestCase("overlayfuse", "ps -a", null)]
    [TestCase("overlayfuse", "none /m -o lowerdir=/a", null)]
    [TestCase("overlayfuse", "m -olowerdir=/a", null)]
    [TestCase("overlayfuse", "m --layers f", null)]
    [TestCase("overlayfuse", "-o lowerdir=/a m", null)]
    [TestCase("overlayfuse", "m --version", null)]
    [TestCase("overlayfuse", "./m", null)]
    [TestCase("overlayfuse", ".", null, Description = "a directory that is there")]
    [TestCase("fuse-overlayfs", "pause c1", null)]
    [TestCase("mount.fuse.overlayfuse", "none m", null)]
    public void A_word_that_is_no_verb_and_no_place_is_named(string name, string words, string? unknown) =>
        Assert.That(CommandWords.UnknownVerb(new RawArguments(name, Words(words))), Is.EqualTo(unknown));

    [TestCase("-olowerdir=/a /m", "-o lowerdir=/a /m")]
    [TestCase("-o -ox /m", "-o -ox /m", Description = "a value is never taken apart")]
    [TestCase("a -ofoo b -o bar -f", "a -o foo b -o bar -f")]
    [TestCase("-- -ofoo", "-- -ofoo")]
    [TestCase("-o", "-o")]
    public void An_option_list_may_cling_to_its_flag(string words, string expected) =>
        Assert.That(string.Join(' ', CommandWords.Separate(Words(words))), Is.EqualTo(expected));

    [TestCase("/h")]
    [TestCase("/?")]
    [TestCase("/h:x")]
    [TestCase("/h=x")]
    public void A_path_is_no_question_whatever_its_name(string path)
    {
        var arguments = new MountArguments();
        var parsed = DropInCommand.Create(arguments, new RawArguments("overlayfuse", [])).Parse(["-o", "lowerdir=/a", path]);
        Assert.That((parsed.Errors.Count, arguments.Places(parsed)), Is.EqualTo((0, (string[])[path])));
        parsed = VerbCommand.Create(new RawArguments("overlayfuse", ["umount"])).Parse(["umount", path]);
        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(parsed.GetRequiredValue<string>("MERGED"), Is.EqualTo(path));
        Assert.That(parsed.Action, Is.Not.InstanceOf<System.CommandLine.Help.HelpAction>());
    }

    [TestCase("-f -V", true)]
    [TestCase("-V -o lowerdir=/a /m", true)]
    [TestCase("--version /m", true)]
    [TestCase("/m -o lowerdir=/a --version", true)]
    [TestCase("-o -V /m", false, Description = "a value is no question")]
    [TestCase("-o lowerdir=/a -- -V", false)]
    public void The_version_may_be_asked_for_anywhere(string words, bool isAsked)
    {
        Assert.That(CommandWords.HaveVerb(new RawArguments("overlayfuse", Words(words))), Is.False);
        var command = DropInCommand.Create(new MountArguments(), new RawArguments("fuse-overlayfs", []));
        var parsed = CommandWords.Parse(command, Words(words));
        Assert.That((parsed.Errors.Count, parsed.GetValue<bool>("--version")), Is.EqualTo((0, isAsked)));
    }

    [TestCase("explain", "overlayfuse explain needs PATH.")]
    [TestCase("stop -t soon web", "invalid argument \"soon\" for \"-t, --time\" flag: it is not a number.")]
    [TestCase("settle --bogus /upper", "there is no flag \"--bogus\".")]
    [TestCase("logs --tail", "flag needs an argument: --tail.")]
    public void What_a_command_line_lacks_is_named(string words, string said)
    {
        var root = VerbCommand.Create(new RawArguments("overlayfuse", Words(words)));
        Assert.That(CommandErrors.Describe(CommandWords.Parse(root, Words(words))), Does.StartWith(said).And.EndsWith(" --help for the ways to call it."));
    }

    [TestCase("tag one", "\"overlayfuse tag\" requires exactly 2 arguments.\nSee 'overlayfuse tag --help'.\n\nUsage:  overlayfuse tag IMAGE NAME\n\nGive an image")]
    [TestCase("volume inspect", "\"overlayfuse volume inspect\" requires at least 1 argument.\nSee 'overlayfuse volume inspect --help'.\n\nUsage:  overlayfuse volume inspect [OPTIONS] NAME [NAME...]\n\nDescribe volumes in JSON.")]
    [TestCase("ps one", "\"overlayfuse ps\" accepts no arguments.")]
    [TestCase("images one two", "\"overlayfuse images\" requires at most 1 argument.")]
    [TestCase("exec c1", "\"overlayfuse exec\" requires at least 2 arguments.")]
    [TestCase("commit", "\"overlayfuse commit\" requires at least 1 and at most 2 arguments.")]
    [TestCase("commit a b c", "\"overlayfuse commit\" requires at least 1 and at most 2 arguments.")]
    [TestCase("export", "\"overlayfuse export\" requires exactly 1 argument.")]
    public void Docker_s_verbs_say_in_its_words_how_many_arguments_they_take(string words, string said)
    {
        var root = VerbCommand.Create(new RawArguments("overlayfuse", Words(words)));
        Assert.That(CommandErrors.Describe(CommandWords.Parse(root, Words(words))), Does.StartWith(said));
    }

    [Test]
    public void Under_the_name_of_fuse_overlayfs_the_version_is_said_as_it_does()
    {
        Assert.That(VersionText.For("fuse-overlayfs").Split('\n'), Has.Length.EqualTo(3).And.ItemAt(0).Match("^fuse-overlayfs: version [0-9.]+$").And.ItemAt(1).StartsWith("overlayfuse "));
        Assert.That(VersionText.For("overlayfuse"), Does.StartWith("overlayfuse ").And.EndsWith(")\n"));
    }

    [Test]
    public void Arguments_are_taken_as_bytes_behind_the_name_of_the_program()
    {
        byte[] commandLine = [.. "/usr/bin/fuse-overlayfs\0-o\0lowerdir=/"u8, 0xff, .. "\0/m\0"u8];
        var arguments = RawArguments.Parse(commandLine, 3);
        Assert.That(arguments.ProgramName, Is.EqualTo("fuse-overlayfs"));
        Assert.That(arguments.Words, Has.Count.EqualTo(3));
        Assert.That(ByteText.Bytes(arguments.Words[1]), Is.EqualTo((byte[])[.. "lowerdir=/"u8, 0xff]));
        Assert.That(RawArguments.Parse("overlayfuse\0\0"u8, 1).Words, Is.EqualTo(new[] { "" }), "an empty argument is one");
        Assert.That(RawArguments.Parse("dotnet\0overlayfuse.dll\0--version\0"u8, 1).Words, Is.EqualTo(new[] { "--version" }));
    }

    [Test]
    public void Messages_show_what_no_terminal_should_get_as_numbers()
    {
        Assert.That(ByteText.Show([(byte)'a', 0xff, 0x1b, .. "\u00e9"u8]), Is.EqualTo("a\\xff\\x1b\u00e9"));
        Assert.That(ByteText.Show(ByteText.Carry("/\u00e9"u8)), Is.EqualTo("/\u00e9"));
    }

    [Test]
    public void Any_bytes_survive_the_way_through_strings() =>
        Assert.That(ByteText.Bytes(ByteText.Carry([.. Enumerable.Range(0, 256).Select(i => (byte)i)])), Is.EqualTo(Enumerable.Range(0, 256).Select(i => (byte)i)));

    [TestCase("/a\n/b\n", "/a|/b")]
    [TestCase("/a\n\n/b", "/a|/b")]
    [TestCase("/a\0/b\n\0", "/a|/b\n", Description = "with NUL a line end is part of the name")]
    [TestCase("\n", "")]
    public void A_file_of_layers_has_one_path_a_line_or_a_NUL_behind_each(string content, string expected) =>
        Assert.That(string.Join('|', LayerFile.Parse(Encoding.UTF8.GetBytes(content)).Select(Encoding.UTF8.GetString)), Is.EqualTo(expected));

    [TestCase("/dev/fd/3", 3)]
    [TestCase("/dev/fd/12", 12)]
    [TestCase("/dev/fd/", -1)]
    [TestCase("/dev/fd/3x", -1)]
    [TestCase("/dev/fd/1", -1, Description = "a standard stream is no mount")]
    [TestCase("/mnt", -1)]
    public void A_mounted_descriptor_is_named_by_its_path(string path, int number) =>
        Assert.That(Descriptors.Named(Encoding.UTF8.GetBytes(path)).Number, Is.EqualTo(number));

    [TestCase("none /m -o lowerdir=/a,setuid=me,ro", "/bin/of#none /m -o lowerdir=/a,setuid=me,ro,subtype=overlayfuse")]
    [TestCase("/m -o drop_privileges -o lowerdir=/a\\,b", "/bin/of#overlayfuse /m -o drop_privileges,lowerdir=/a\\,b,subtype=overlayfuse")]
    [TestCase("/m -o lowerdir=/a", null)]
    [TestCase("/m -o lowerdir=/a\\,setuid=me", null, Description = "part of a path")]
    [TestCase("/m -o lowerdir=/a,setuid,drop_privileges=1", null, Description = "mount.fuse3 would hand these back to us")]
    [TestCase("-f /m -o lowerdir=/a,setuid=me", null, Description = "a flag that mount.fuse3 does not know")]
    public void Who_is_to_be_another_user_goes_to_mount_fuse3(string words, string? expected)
    {
        var (arguments, raw) = (new MountArguments(), new RawArguments("overlayfuse", []));
        var given = DropInCommand.Words(arguments, CommandWords.Parse(DropInCommand.Create(arguments, raw), Words(words)), raw);
        var seen = MountFuse3.IsAskedFor(given) ? string.Join(' ', MountFuse3.Arguments("/bin/of"u8.ToArray(), given).Skip(1).Select(Encoding.UTF8.GetString)) : null;
        Assert.That(seen, Is.EqualTo(expected));
    }

    [TestCase("overlayfuse -o lowerdir=/a", "overlayfuse")]
    [TestCase("/mnt/overlayfuse -o lowerdir=/a", "/mnt/overlayfuse")]
    [TestCase("overlayfuse /mnt -o lowerdir=/a", "/mnt")]
    [TestCase("[diagram] -o lowerdir=/a", "[diagram]")]
    [TestCase("/? -o lowerdir=/a", "/?")]
    public void A_path_may_be_named_as_anything_that_the_library_knows(string words, string mountPoint)
    {
        var (arguments, raw) = (new MountArguments(), new RawArguments("overlayfuse", []));
        var given = DropInCommand.Words(arguments, CommandWords.Parse(DropInCommand.Create(arguments, raw), Words(words)), raw);
        Assert.That(Encoding.UTF8.GetString(given.MountPoint), Is.EqualTo(mountPoint));
    }

    [TestCase("/mnt", null)]
    [TestCase("/dev/fd/0", "from 3 on")]
    [TestCase("/dev/fd/x", "from 3 on")]
    [TestCase("/dev/fd/99999", "not open")]
    public void A_descriptor_that_is_no_mount_is_said(string path, string? why) =>
        Assert.That(Descriptors.WhyNoMount(Encoding.UTF8.GetBytes(path)), why is null ? Is.Null : Does.Contain(why));

    [Test]
    public void A_file_is_no_mounted_descriptor()
    {
        using var file = File.OpenRead("/proc/self/status");
        Assert.That(Descriptors.WhyNoMount(Encoding.UTF8.GetBytes($"/dev/fd/{file.SafeFileHandle.DangerousGetHandle()}")), Does.Contain("not an open /dev/fuse"));
    }

    [TestCase("volatile", "volatile", 0)]
    [TestCase("volatlie", "volatile", 1, Description = "two letters swapped are one slip")]
    [TestCase("upper", "upperdir", 3)]
    [TestCase("", "ro", 2)]
    public void Names_are_as_far_apart_as_slips_of_the_keyboard(string a, string b, int distance) =>
        Assert.That(NearestName.Distance(a, b), Is.EqualTo(distance));

    private static string[] Words(string words) => words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
