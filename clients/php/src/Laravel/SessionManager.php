<?php

// Laravel's session manager with an additional driver.
//
// A driver that is added by `Session::extend` gets Laravel's own Store, which only accepts session
// ids of 40 letters and digits. Other languages of a site generate other ids, and signed ids are
// longer.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Contracts\Container\Container;
use Illuminate\Session\SessionManager as LaravelManager;

class SessionManager extends LaravelManager
{
    /** Takes over the drivers that were added to `manager` before. */
    public static function inPlaceOf(LaravelManager $manager, Container $container): self
    {
        $ours = new self($container);
        $ours->customCreators = $manager->customCreators;
        return $ours;
    }

    protected function createSessionsDriver(): Store
    {
        $settings = new Settings($this->container);
        $form = $settings->cookieForm();
        $handler = new SessionHandler(
            $settings->keeper(),
            $form,
            Serialization::installed(),
            $this->container,
            $settings->before($this),
        );
        return new Store((string) $this->config->get('session.cookie'), $handler, $form);
    }
}
