using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli.Tests;

public sealed class InstallTests
{
    private const string Program = "/usr/local/bin/overlayfuse";

    [TestCase("", "[storage]\ndriver = \"overlay\"\n\n[storage.options.overlay]\nmount_program = \"/usr/local/bin/overlayfuse\"\n")]
    [TestCase(
        "# mine\n[storage]\ndriver = \"overlay\" # the best\n[storage.options]\nadditionalimagestores = [\n  \"/a]\", # one\n]\n[storage.options.overlay]\n# how to mount\n#mount_program = \"/usr/bin/fuse-overlayfs\"\nmountopt = \"nodev\"\n",
        "# mine\n[storage]\ndriver = \"overlay\" # the best\n[storage.options]\nadditionalimagestores = [\n  \"/a]\", # one\n]\n[storage.options.overlay]\n# how to mount\n#mount_program = \"/usr/bin/fuse-overlayfs\"\nmount_program = \"/usr/local/bin/overlayfuse\"\nmountopt = \"nodev\"\n")]
    [TestCase(
        "[storage]\n  driver=''\n[ storage.options.overlay ]\n  mount_program  =  \"/usr/bin/fuse-overlayfs\"  # fast",
        "[storage]\n  driver=\"overlay\"\n[ storage.options.overlay ]\n  mount_program  =  \"/usr/local/bin/overlayfuse\"  # fast")]
    [TestCase("[storage]\n\"driver\" = \"overlay\"\n[storage.options.'overlay']\n'mount_program' = \"/x\"\n", "[storage]\n\"driver\" = \"overlay\"\n[storage.options.'overlay']\n'mount_program' = \"/usr/local/bin/overlayfuse\"\n")]
    [TestCase(
        "[storage]\ndriver = \"overlay\"\n[storage.options]\n\"overlay.mount_program\" = \"/x\"\npull_options = {enable_partial_images = \"true\"}\nthinpool.size = \"\"\n",
        "[storage]\ndriver = \"overlay\"\n[storage.options]\n\"overlay.mount_program\" = \"/x\"\npull_options = {enable_partial_images = \"true\"}\nthinpool.size = \"\"\n\n[storage.options.overlay]\nmount_program = \"/usr/local/bin/overlayfuse\"\n",
        Description = "a dot in quotes parts nothing, and other tables may be written as they like")]
    [TestCase("[storage]\r\ngraphroot = \"/g\"", "[storage]\r\ndriver = \"overlay\"\r\ngraphroot = \"/g\"\r\n\r\n[storage.options.overlay]\r\nmount_program = \"/usr/local/bin/overlayfuse\"\r\n")]
    public void The_mount_program_is_set_and_all_else_stays(string before, string expected)
    {
        var after = StorageConf.Add(before, Program, forAll: false);
        Assert.That(after, Is.EqualTo(expected));
        Assert.That(StorageConf.Add(after, Program, forAll: false), Is.EqualTo(after), "a second time it is there already");
    }

    [Test]
    public void A_file_of_all_users_says_where_storage_is() =>
        Assert.That(StorageConf.Add(null, Program, forAll: true), Does.Contain("graphroot = \"/var/lib/containers/storage\"").And.Contain($"mount_program = \"{Program}\""));

    [TestCase("[storage]\ndriver = \"vfs\"\n", "driver = \"vfs\"")]
    [TestCase("[storage]\nsomething\n", "line 2 is not understood: something")]
    [TestCase("[storage\n", "line 1")]
    [TestCase("driver =\n", "line 1")]
    [TestCase("a = \"b\n", "line 1")]
    [TestCase("a = \"\"\"\nlong\n\"\"\"\n", "line 1")]
    [TestCase("a = [ 1,\n", "ends inside a list")]
    [TestCase("[storage.options]\noverlay = { mount_program = \"/x\" }\n", "line 2 is not understood: overlay = {")]
    [TestCase("storage = { driver = \"overlay\" }\n", "line 1 is not understood")]
    [TestCase("[storage.options]\noverlay.mountopt = \"nodev\"\n", "line 2 is not understood: overlay.mountopt")]
    [TestCase("[storage]\n\"options\" . 'overlay'.mount_program = \"/x\"\n", "line 2 is not understood")]
    [TestCase("[storage]\na b = 1\n", "line 2 is not understood")]
    public void A_storage_conf_that_is_broken_or_for_another_driver_is_refused(string text, string why) =>
        Assert.That(() => StorageConf.Add(text, Program, forAll: false), Throws.TypeOf<MountException>().With.Message.Contains(why));

    [TestCase("[storage]\ndriver = \"overlay\"\n")]
    [TestCase("[storage.options.overlay]\nmount_program = \"/usr/bin/fuse-overlayfs\"\n\n[storage]\ndriver = \"\"\n")]
    public void What_was_added_to_storage_conf_is_taken_away_also_when_other_lines_came_meanwhile(string original)
    {
        var now = StorageConf.Add(original, Program, forAll: false) + "# since then\n";
        var without = StorageConf.Remove(now, original);
        Assert.That(without, Does.Not.Contain(Program).And.Contain("# since then"));
        foreach (var line in original.Split('\n')) Assert.That(without, Does.Contain(line));
    }

    [TestCase(null, "{\n  \"storage-driver\": \"fuse-overlayfs\"\n}\n")]
    [TestCase(" \n", "{\n  \"storage-driver\": \"fuse-overlayfs\"\n}\n")]
    [TestCase("{}", "{\n  \"storage-driver\": \"fuse-overlayfs\"\n}")]
    [TestCase("{\n    \"debug\": true\n}\n", "{\n    \"storage-driver\": \"fuse-overlayfs\",\n    \"debug\": true\n}\n")]
    [TestCase("{\"debug\":true}", "{\"storage-driver\": \"fuse-overlayfs\", \"debug\":true}")]
    [TestCase("{ \"a\": {\"storage-driver\": 1}, \"storage-driver\" : \"overlay2\" , \"storage-opts\": [ ] }", "{ \"a\": {\"storage-driver\": 1}, \"storage-driver\" : \"fuse-overlayfs\" , \"storage-opts\": [ ] }")]
    public void The_storage_driver_is_set_and_the_text_stays(string? before, string expected)
    {
        Assert.That(DaemonJson.Add(before), Is.EqualTo(expected));
        Assert.That(DaemonJson.Add(expected), Is.EqualTo(expected), "a second time it is there already");
    }

    [TestCase("{ \"a\": 1, }", "not valid JSON")]
    [TestCase("[]", "not hold an object")]
    [TestCase("{} {}", "not valid JSON")]
    [TestCase("// c\n{}", "not valid JSON")]
    [TestCase("{\"storage-opts\": [\"overlay2.size=1G\"]}", "storage-opts")]
    public void A_daemon_json_that_is_broken_or_has_options_of_another_driver_is_refused(string text, string why) =>
        Assert.That(() => DaemonJson.Add(text), Throws.TypeOf<MountException>().With.Message.Contains(why));

    [TestCase("{\n  \"debug\": true\n}\n", null, "{\n  \"debug\": true\n}\n")]
    [TestCase("{\n  \"storage-driver\": \"fuse-overlayfs\",\n  \"debug\": true\n}\n", null, "{\n  \"debug\": true\n}\n")]
    [TestCase("{ \"debug\": true, \"storage-driver\": \"fuse-overlayfs\" }", "{ \"debug\": true }", "{ \"debug\": true }")]
    [TestCase("{ \"storage-driver\": \"fuse-overlayfs\" }", null, "{ }")]
    [TestCase("{\"storage-driver\": \"fuse-overlayfs\", \"x\": 1}", "{\"storage-driver\": \"overlay2\"}", "{\"storage-driver\": \"overlay2\", \"x\": 1}")]
    public void The_storage_driver_is_what_it_was_before_again(string now, string? original, string expected) =>
        Assert.That(DaemonJson.Remove(now, original), Is.EqualTo(expected));

    [Test]
    public void A_difference_shows_what_goes_and_what_comes_with_a_few_lines_around() =>
        Assert.That(string.Join('|', TextDifference.Of("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\nfour\n5\n6\n7\n8\n9\n10\n")), Is.EqualTo(" 2| 3|-4|+four| 5| 6|...| 8| 9|+10"));

    [Test]
    public void A_file_is_changed_once_and_changed_back_byte_by_byte()
    {
        using var place = new TemporaryDirectory();
        var path = $"{place.Path}/d/daemon.json";
        var file = new ConfigurationFile(path, DaemonJson.Add, DaemonJson.Remove);
        var link = new ConfigurationFile($"{place.Path}/lib/of/bin/name", _ => Program, IsLink: true, OwnDirectories: 2);

        FileChanges.Make([file.ToInstall()!, link.ToInstall()!]);
        Assert.That((file.ToInstall(), link.ToInstall()), Is.EqualTo(((FileChange?)null, (FileChange?)null)), "all is there already");
        Assert.That(new FileInfo(link.Path).LinkTarget, Is.EqualTo(Program));
        FileChanges.Make([file.ToRemove()!, link.ToRemove()!]);
        FileChanges.DropBackups([file, link]);
        FileChanges.DropDirectories([file, link]);
        Assert.That(Directory.GetFileSystemEntries(place.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EquivalentTo(new[] { "d", "lib" }), "where there was no file there is none, and no directory of ours");

        File.WriteAllText(path, "{ \"debug\":true }");
        Assert.That(Syscall.ChmodAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path), 0x180), Is.EqualTo(Errno.None));
        FileChanges.Make([file.ToInstall()!]);
        Assert.That(Syscall.Stat(path, out var status), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Stat(file.BackupPath, out var backup), Is.EqualTo(Errno.None));
        Assert.That((File.ReadAllText(file.BackupPath), status.Mode & 0xfff, backup.Mode & 0xfff), Is.EqualTo(("{ \"debug\":true }", 0x180, 0x180)), "there may be a password in it");
        FileChanges.Make([file.ToRemove()!]);
        FileChanges.DropBackups([file]);
        Assert.That(File.ReadAllText(path), Is.EqualTo("{ \"debug\":true }"));
        Assert.That(file.ToRemove(), Is.Null, "what somebody else has written is not ours to take away");
    }

    [Test]
    public void Where_a_link_leads_the_file_is_changed_and_kept()
    {
        using var place = new TemporaryDirectory();
        var (path, target) = ($"{place.Path}/daemon.json", $"{place.Path}/kept/here.json");
        Directory.CreateDirectory($"{place.Path}/kept");
        File.CreateSymbolicLink(path, "kept/here.json");
        var file = new ConfigurationFile(path, DaemonJson.Add, DaemonJson.Remove);
        Assert.That(() => file.ToInstall(), Throws.TypeOf<MountException>().With.Message.Contains("it is a link to kept/here.json, which does not exist"));

        File.WriteAllText(target, "{}");
        FileChanges.Make([file.ToInstall()!]);
        Assert.That((new FileInfo(path).LinkTarget, File.ReadAllText(target), File.ReadAllText(target + ".before-overlayfuse")), Is.EqualTo(("kept/here.json", DaemonJson.Add("{}"), "{}")));
        FileChanges.Make([file.ToRemove()!]);
        FileChanges.DropBackups([file]);
        Assert.That((new FileInfo(path).LinkTarget, File.ReadAllText(target), Directory.GetFileSystemEntries($"{place.Path}/kept").Length), Is.EqualTo(("kept/here.json", "{}", 1)));
    }

    [Test]
    public void A_new_file_starts_as_the_one_of_the_distribution_that_it_replaces()
    {
        using var place = new TemporaryDirectory();
        var usual = $"{place.Path}/usual.conf";
        File.WriteAllText(usual, "[storage]\ndriver = \"overlay\"\n[storage.options]\nadditionalimagestores = [ \"/images\" ]\n");
        var file = new ConfigurationFile($"{place.Path}/storage.conf", text => StorageConf.Add(text, Program, forAll: true), StorageConf.Remove, Default: usual);

        FileChanges.Make([file.ToInstall()!]);
        Assert.That(File.ReadAllText(file.Path), Is.EqualTo(StorageConf.Add(File.ReadAllText(usual), Program, forAll: true)));
        FileChanges.Make([file.ToRemove()!]);
        FileChanges.DropBackups([file]);
        Assert.That(File.Exists(file.Path), Is.False, "where there was no file there is none");

        FileChanges.Make([file.ToInstall()!]);
        File.AppendAllText(file.Path, "# since then\n");
        FileChanges.Make([file.ToRemove()!]);
        var rest = File.ReadAllText(file.Path);
        foreach (var line in File.ReadAllLines(usual)) Assert.That(rest, Does.Contain(line));
        Assert.That(rest, Does.Contain("# since then").And.Not.Contain(Program), "what came meanwhile stays, beside what was the distribution's");
    }

    private sealed class TemporaryDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("overlayfuse-install-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
