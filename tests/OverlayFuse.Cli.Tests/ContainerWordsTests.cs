using NUnit.Framework;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Union;

namespace OverlayFuse.Cli.Tests;

/// <summary>What the verbs of containers read and write, without a container.</summary>
public sealed class ContainerWordsTests
{
    [TestCase("run bb:1 sh -c exit", "run -- bb:1 sh -c exit")]
    [TestCase("run -it --rm -v a:/b --name=x bb:1 ls -l", "run -i=true -t=true --rm=true -v a:/b --name=x -- bb:1 ls -l")]
    [TestCase("run -itu 33 bb:1 id -u", "run -i=true -t=true -u 33 -- bb:1 id -u")]
    [TestCase("run --mount type=tmpfs,target=/t -d bb:1", "run --mount type=tmpfs,target=/t -d=true -- bb:1")]
    [TestCase("exec -e A=b c1 env -u X", "exec -e A=b -- c1 env -u X")]
    [TestCase("container run bb:1 ls -l", "container run -- bb:1 ls -l")]
    [TestCase("run --rm=1 -it=f bb:1 ls --all=1", "run --rm=true -i=true -t=false -- bb:1 ls --all=1")]
    [TestCase("ps --all=T -f=name=1", "ps --all=true -f=name=1")]
    [TestCase("volume create v", "volume create v")]
    [TestCase("rm -f c1 -v", "rm -f=true c1 -v=true")]
    [TestCase("rm --force=0 -v=T c1", "rm --force=false -v=true c1")]
    [TestCase("ps -aa --all -a=0", "ps -a=false")]
    [TestCase("run --rm false", "run --rm=true -- false")]
    [TestCase("rm -f true", "rm -f=true true")]
    [TestCase("run -ite=A=b -itp80:80 bb:1", "run -i=true -t=true -e=A=b -p80:80 -- bb:1")]
    public void Flags_behind_the_image_are_those_of_the_program(string words, string expected)
    {
        var split = words.Split(' ');
        Assert.That(string.Join(' ', CommandWords.Separate(split, VerbCommand.Create(new RawArguments("overlayfuse", split)))), Is.EqualTo(expected));
    }

    [TestCase("run --rm --nosuch none bb:1 true", "unknown flag: --nosuch\nSee 'overlayfuse run --help'.")]
    [TestCase("container run --nosuch=x bb:1", "unknown flag: --nosuch\nSee 'overlayfuse container run --help'.")]
    [TestCase("create -ty bb:1", "unknown shorthand flag: 'y' in -ty\nSee 'overlayfuse create --help'.")]
    [TestCase("rm c1 --nosuch", "unknown flag: --nosuch\nSee 'overlayfuse rm --help'.")]
    [TestCase("rm -f=x c1", "invalid argument \"x\" for \"-f, --force\" flag: strconv.ParseBool: parsing \"x\": invalid syntax\nSee 'overlayfuse rm --help'.")]
    [TestCase("run --rm= bb:1", "invalid argument \"\" for \"--rm\" flag: strconv.ParseBool: parsing \"\": invalid syntax\nSee 'overlayfuse run --help'.")]
    [TestCase("ps -ax", "unknown shorthand flag: 'x' in -ax\nSee 'overlayfuse ps --help'.")]
    [TestCase("run --rm=maybe bb:1", "invalid argument \"maybe\" for \"--rm\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax\nSee 'overlayfuse run --help'.")]
    [TestCase("ps -qa=", "invalid argument \"\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"\": invalid syntax\nSee 'overlayfuse ps --help'.")]
    public void A_flag_that_is_none_is_no_name(string words, string said)
    {
        var split = words.Split(' ');
        Assert.That(() => CommandWords.Separate(split, VerbCommand.Create(new RawArguments("overlayfuse", split))), Throws.TypeOf<RefusedException>().With.Message.EqualTo(said).And.Property("ExitCode").EqualTo(125));
    }

    [TestCase("ps -n x", 125)]
    [TestCase("container stop -t", 125)]
    [TestCase("explain -x", 1)]
    [TestCase("nosuch", 1)]
    public void A_flag_that_makes_no_sense_ends_with_dockers_code_where_the_verb_is_dockers(string words, int code) => Assert.That(VerbTable.FlagRefusalCode(words.Split(' ')), Is.EqualTo(code));

    [TestCase("container list -aq -f name=-x")]
    [TestCase("run --rm=false -itp80:80 -e=A=b --env -x -- bb:1")]
    [TestCase("stop -t -1 c1")]
    [TestCase("ps --help")]
    [TestCase("logs --tail -1 c1")]
    [TestCase("load -i -")]
    [TestCase("cp - c1:/")]
    [TestCase("system df -v")]
    [TestCase("explain -m -x")]
    public void Flags_and_values_that_begin_with_a_dash_are_told_apart(string words)
    {
        var split = words.Split(' ');
        Assert.That(() => CommandWords.Separate(split, VerbCommand.Create(new RawArguments("overlayfuse", split))), Throws.Nothing);
    }

    [TestCase(0, "0B")]
    [TestCase(75, "75B")]
    [TestCase(1_984_207, "1.98MB")]
    [TestCase(134_800_000, "135MB")]
    [TestCase(2_000_000, "2MB")]
    public void Sizes_are_in_decimal_units(long bytes, string text) => Assert.That(HumanText.Size(bytes), Is.EqualTo(text));

    [TestCase(0.5, "Less than a second")]
    [TestCase(1.2, "1 second")]
    [TestCase(59, "59 seconds")]
    [TestCase(61, "About a minute")]
    [TestCase(420, "7 minutes")]
    [TestCase(3700, "About an hour")]
    [TestCase(86400 * 3, "3 days")]
    [TestCase(86400 * 15, "2 weeks")]
    [TestCase(86400 * 800, "2 years")]
    public void Durations_are_in_round_words(double seconds, string text) => Assert.That(HumanText.Duration(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));

    [TestCase("9", 9)]
    [TestCase("TERM", 15)]
    [TestCase("sighup", 1)]
    [TestCase("SIGRTMIN+3", 37)]
    [TestCase("RTMAX-1", 63)]
    public void Signals_go_by_name_and_number(string text, int number) => Assert.That(SignalNames.Parse(text), Is.EqualTo(number));

    [TestCase("0")]
    [TestCase("NOSUCH")]
    [TestCase("")]
    [TestCase("RTMIN+31")]
    [TestCase("RTMAX-31")]
    public void What_is_no_signal_is_refused(string text) => Assert.That(() => SignalNames.Parse(text), Throws.TypeOf<RefusedException>());

    [Test]
    public void A_file_of_variables_has_one_a_line_and_ours_by_name()
    {
        Environment.SetEnvironmentVariable("OVERLAYFUSE_TEST_LINE", "ours");
        Assert.That(EnvironmentFile.Parse(["# c", "", " A=b c ", "OVERLAYFUSE_TEST_LINE", "OVERLAYFUSE_TEST_NONE"]), Is.EqualTo(new[] { "A=b c ", "OVERLAYFUSE_TEST_LINE=ours" }));
    }

    [TestCase("=x", "no variable name on line '=x'")]
    [TestCase("A B=c", "variable 'A B' contains whitespaces")]
    public void A_line_that_is_no_variable_is_refused(string line, string words) =>
        Assert.That(() => EnvironmentFile.Parse([line]), Throws.TypeOf<RefusedException>().With.Message.EqualTo("poorly formatted environment: " + words));

    [Test]
    public void A_diff_has_the_directories_above_each_change_once()
    {
        Change[] changes = [new(ChangeKind.Added, "/d"u8.ToArray(), ChangeReason.New), new(ChangeKind.Deleted, "/etc/group"u8.ToArray(), ChangeReason.Whiteout), new(ChangeKind.Modified, "/etc/passwd"u8.ToArray(), ChangeReason.Copy)];
        Assert.That(DiffVerb.Text(changes), Is.EqualTo("A /d\nC /etc\nD /etc/group\nC /etc/passwd\n"));
    }

    [Test]
    public void A_table_has_columns_as_docker_has_them()
    {
        var table = new TableText("DRIVER", "VOLUME NAME");
        table.Add("local", "v");
        Assert.That(table.ToString(), Is.EqualTo("DRIVER    VOLUME NAME\nlocal     v\n"));
    }

    [TestCase("{{json .}}", true)]
    [TestCase("table {{ json . }}", true)]
    [TestCase("{{.ID}} {{.Size}}", true)]
    [TestCase("{{json .ID}}", false)]
    public void A_template_may_want_the_sizes(string template, bool wants) => Assert.That(PsVerb.ShowsSize(template), Is.EqualTo(wants));

    [TestCase("2026-11-26T08:11:02Z", "2026-11-26T08:11:02.0000000Z")]
    [TestCase("1h30m", "2019-12-31T22:30:00.0000000Z")]
    [TestCase("1500000000.5", "2017-07-14T02:40:00.5000000Z")]
    [TestCase("x", null)]
    [TestCase("", null)]
    public void A_moment_is_a_time_an_age_or_seconds(string text, string? expected) =>
        Assert.That(HumanText.Moment(text, new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero))?.UtcDateTime.ToString("O"), Is.EqualTo(expected));

    [Test]
    public void A_line_of_a_log_is_shown_within_its_times()
    {
        var entry = System.Text.Json.Nodes.JsonNode.Parse("""{"log":"a\n","stream":"stdout","time":"2020-01-01T00:00:01.5Z"}""")!.AsObject();
        DateTimeOffset At(double seconds) => new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(seconds);
        Assert.That(new LogView { Times = true, Details = true }.Text(entry), Is.EqualTo("2020-01-01T00:00:01.5Z  a\n"));
        Assert.That(new LogView { Since = At(1), Until = At(2) }.Text(entry), Is.EqualTo("a\n"));
        Assert.That(new LogView { Since = At(2) }.Text(entry), Is.Null);
        Assert.That(new LogView { Until = At(1) }.Text(entry), Is.Null);
    }

    [Test]
    public void A_list_shows_mounts_by_name_and_times_as_docker_does()
    {
        var record = Record();
        record.Mounts =
        [
            new MountPoint { Kind = MountKind.Volume, Target = "/a", Volume = "a-volume-with-a-long-name" },
            new MountPoint { Kind = MountKind.Bind, Target = "/b", Source = "/b" },
            new MountPoint { Kind = MountKind.Tmpfs, Target = "/t" },
        ];
        var place = Directory.CreateTempSubdirectory("overlayfuse-");
        var row = PsVerb.Row(new StoredContainer(record, new ContainerState(), "/c", IsServed: false), new ImageStore(StateDirectory.Open(place.FullName)), whole: false);
        place.Delete(recursive: true);
        Assert.That(($"{row["Mounts"]}", $"{row["CreatedAt"]}"), Is.EqualTo(("a-volume-with-\u2026,/b", "1970-01-01 00:00:00 +0000 UTC")));
    }

    [TestCase("sleep 1000", new[] { "sleep", "1000" })]
    [TestCase("nginx -g 'daemon off;'", new[] { "nginx", "-g", "daemon off;" })]
    [TestCase("/a b", new[] { "/a b" })]
    public void A_list_quotes_arguments_with_blanks(string text, string[] words) => Assert.That(PsVerb.Command(words), Is.EqualTo(text));

    [TestCase("bb:1", true, "bb:1")]
    [TestCase("bb:1", false, "c78c9b004e00")]
    [TestCase("c78c9b004e00", true, "c78c9b004e00")]
    [TestCase("sha256:c78c9b004e001111", true, "c78c9b004e00")]
    [TestCase("bb@sha256:2222", true, "bb")]
    public void A_list_shows_an_image_by_its_name_while_it_has_that(string name, bool isName, string shown)
    {
        var record = Record();
        (record.Image, record.ImageId) = (name, "sha256:c78c9b004e001111");
        Assert.That(PsVerb.Image(record, isName, whole: false), Is.EqualTo(shown));
    }

    [Test]
    public void The_machine_is_described_from_its_own_words()
    {
        Assert.That(MachineFacts.OperatingSystem("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"), Is.EqualTo("Debian GNU/Linux 12 (bookworm)"));
        Assert.That(MachineFacts.Memory("MemTotal:        2048 kB\nMemFree: 1 kB\n"), Is.EqualTo(2048 * 1024));
        Assert.That((MachineFacts.FileSystem(0xef53u), MachineFacts.FileSystem(1u)), Is.EqualTo(("extfs", "<unknown>")));
    }

    private static ContainerRecord Record() => new()
    {
        Id = new string('1', 64),
        Name = "c",
        Created = DateTimeOffset.UnixEpoch,
        Image = "i",
        ImageId = "i",
        Layers = [],
        LayerId = "l",
        Config = new ContainerConfig(),
        Command = ["true"],
        Hostname = "h",
        Network = "none",
        Mounts = [],
    };
}
