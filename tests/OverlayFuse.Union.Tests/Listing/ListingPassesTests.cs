using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

/// <summary>When the kernel is to throw its copy of a listing away. Steps: "begin", "end" (and what it says), "change".</summary>
internal class ListingPassesTests
{
    [TestCase("begin end=keep", TestName = "One reader")]
    [TestCase("begin end=keep change begin end=keep", TestName = "One reader after the other")]
    [TestCase("begin change end=drop begin end=keep", TestName = "A change under one reader: another may have begun in between")]
    [TestCase("begin begin end=keep end=keep", TestName = "Two readers")]
    [TestCase("change begin begin end=keep end=keep", TestName = "Two readers after a change")]
    [TestCase("begin begin change end=drop end=keep", TestName = "A change under two readers")]
    [TestCase("begin change begin end=drop end=keep begin end=keep", TestName = "A change between the beginnings of two")]
    [TestCase("begin begin end=keep change begin end=drop end=keep begin end=keep", TestName = "A change after one has ended")]
    [TestCase("begin change begin end=drop change end=drop begin end=keep", TestName = "A change after each beginning")]
    [TestCase("begin change begin end=drop begin end=keep", TestName = "A pass that was broken off counts as under way")]
    [TestCase("begin begin end=keep begin end=keep change begin end=drop begin end=keep", TestName = "And costs one copy at each change")]
    [TestCase("begin end=keep change end=drop begin end=keep", TestName = "An end without a beginning, of one who began in the copy")]
    public void A_copy_that_is_older_than_a_change_is_dropped(string steps)
    {
        var passes = new ListingPasses();
        var version = 0;
        foreach (var step in steps.Split(' '))
        {
            if (step == "begin") passes.Begin(version);
            else if (step == "change") version++;
            else Assert.That(passes.End(version) ? "end=drop" : "end=keep", Is.EqualTo(step), steps);
        }
    }
}
