using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

public sealed class UserLookupTests
{
    private static readonly string[][] Passwd = ["root:x:0:0:root:/root:/bin/sh".Split(':'), "www:x:33:34:www:/var/www:/bin/false".Split(':')];
    private static readonly string[][] Groups = ["root:x:0:".Split(':'), "www:x:34:".Split(':'), "mail:x:8:www,root".Split(':')];

    [TestCase("", 0u, 0u, "/root")]
    [TestCase("www", 33u, 34u, "/var/www")]
    [TestCase("33", 33u, 34u, "/var/www")]
    [TestCase("www:mail", 33u, 8u, "/var/www")]
    [TestCase("99:7", 99u, 7u, "/")]
    [TestCase("99", 99u, 0u, "/")]
    public void A_user_is_a_name_or_a_number(string text, uint uid, uint gid, string home)
    {
        var found = UserLookup.Find(text, Passwd, Groups, []);
        Assert.That((found.Uid, found.Gid, found.Home), Is.EqualTo((uid, gid, home)));
    }

    [Test]
    public void Further_groups_are_those_that_list_the_user_unless_a_group_was_named()
    {
        Assert.That(UserLookup.Find("www", Passwd, Groups, []).Groups, Is.EqualTo(new[] { 34u, 8u }));
        Assert.That(UserLookup.Find("www:www", Passwd, Groups, []).Groups, Is.EqualTo(new[] { 34u }));
    }

    [Test]
    public void Groups_that_are_asked_for_come_behind_by_name_or_number_and_once()
    {
        Assert.That(UserLookup.Find("www", Passwd, Groups, ["8", "99", "root"]).Groups, Is.EqualTo(new[] { 34u, 8u, 99u, 0u }));
        Assert.That(() => UserLookup.Find("www", Passwd, Groups, ["staff"]), Throws.TypeOf<RefusedException>().With.Message.Contains("unable to find group staff"));
    }

    [TestCase("nobody", "unable to find user nobody")]
    [TestCase("www:staff", "unable to find group staff")]
    public void Who_is_not_there_is_refused(string text, string words) =>
        Assert.That(() => UserLookup.Find(text, Passwd, Groups, []), Throws.TypeOf<RefusedException>().With.Message.Contains(words));
}
