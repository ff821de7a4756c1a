<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel\Suite;

use PHPUnit\Framework\Assert;

final class Expectation
{
    public ?array $with = null;
    public mixed $return = null;
    public ?int $times = null;
    public int $calls = 0;

    public function __construct(private readonly string $name)
    {
    }

    public function once(): self
    {
        $this->times = 1;
        return $this;
    }

    public function never(): self
    {
        $this->times = 0;
        return $this;
    }

    public function with(mixed ...$arguments): self
    {
        $this->with = $arguments;
        return $this;
    }

    public function andReturn(mixed $value): self
    {
        $this->return = $value;
        return $this;
    }

    public function called(mixed ...$arguments): void
    {
        $this->calls++;
        if ($this->with !== null) {
            Assert::assertSame($this->with, $arguments, "the arguments of {$this->name}");
        }
    }

    public function verify(): void
    {
        if ($this->times !== null) {
            Assert::assertSame($this->times, $this->calls, "the calls of {$this->name}");
        }
    }
}
