using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class PartialRecoveryTests
{
    private static readonly BootId This = new(Guid.NewGuid());
    private static readonly BootId Other = new(Guid.NewGuid());

    [TestCase("None", true, 9000ul, 9000ul, null, TestName = "Nothing happened")]
    [TestCase("None", false, 9000ul, 9000ul, null, TestName = "After another boot the limit stays")]
    [TestCase("None", false, 8000ul, 8000ul, null, TestName = "A file that is shorter than the limit has no more below")]
    [TestCase("Begun", true, 12000ul, 100ul, 100ul, TestName = "A cut that was begun is made")]
    [TestCase("Begun", true, 100ul, 100ul, null, TestName = "A cut that was begun and made is noted")]
    [TestCase("Begun", false, 12000ul, 100ul, 100ul, TestName = "A cut that was begun is made after another boot")]
    [TestCase("Done", true, 12000ul, 9000ul, null, TestName = "A cut that was made is not made again while the kernel lives")]
    [TestCase("Done", false, 12000ul, 100ul, 100ul, TestName = "A cut that the loss of power has undone is made again")]
    [TestCase("Done", false, 500ul, 100ul, 100ul, TestName = "What came after a cut and was not synced goes with it")]
    [TestCase("Done", false, 100ul, 100ul, null, TestName = "A cut that is on disk stays")]
    public void Recovery_does_what_the_note_says(string cut, bool isSameBoot, ulong upperSize, ulong limit, ulong? cutTo)
    {
        var slot = new PartialSlot(1, 9000, isSameBoot ? This : Other, Enum.Parse<Cut>(cut), 100);
        Assert.That(PartialRecovery.For(slot, This, upperSize), Is.EqualTo(new PartialRecovery(limit, cutTo, !isSameBoot)));
    }
}
