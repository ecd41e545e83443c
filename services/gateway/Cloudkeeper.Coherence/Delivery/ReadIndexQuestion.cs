namespace Cloudkeeper.Coherence.Delivery;

/// <summary>All of them are the same.</summary>
public readonly record struct ReadIndexQuestion;
