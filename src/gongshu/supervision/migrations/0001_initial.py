import django.db.models.deletion
import gongshu.supervision.project_states
import gongshu.supervision.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0002_catalog_as_a_whole'),
        ('filings', '0001_initial'),
        ('identity', '0002_administrations_and_tokens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('registered_at', models.DateTimeField()),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='asset', to='catalog.entry')),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assets', to='identity.organization')),
                ('registered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('method', models.CharField(max_length=20)),
                ('scores', models.JSONField()),
                ('quality', models.DecimalField(decimal_places=2, max_digits=5)),
                ('value', models.DecimalField(decimal_places=2, max_digits=5)),
                ('total', models.DecimalField(decimal_places=2, max_digits=5)),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='supervision.asset')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='AssetFiling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('to', models.CharField(max_length=100)),
                ('body', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('assets', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('against', models.CharField(choices=[('body', 'body'), ('user', 'user')], max_length=8)),
                ('kind', models.CharField(max_length=60)),
                ('kind_zh', models.CharField(max_length=200)),
                ('kind_en', models.CharField(max_length=200)),
                ('facts', models.TextField()),
                ('evidence', models.TextField(blank=True)),
                ('detector', models.CharField(blank=True, max_length=40)),
                ('detected_key', models.CharField(blank=True, max_length=80, null=True, unique=True)),
                ('status', models.CharField(choices=[('proposed', 'proposed'), ('ordered', 'ordered'), ('answered', 'answered'), ('corrected', 'corrected'), ('uncorrected', 'uncorrected'), ('circulated', 'circulated'), ('handed_on', 'handed_on'), ('dismissed', 'dismissed')], default=gongshu.supervision.states.FindingStatus['PROPOSED'], max_length=12)),
                ('order_text', models.TextField(blank=True)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('circular', models.TextField(blank=True)),
                ('circulated_at', models.DateTimeField(blank=True, null=True)),
                ('handed_way', models.CharField(blank=True, max_length=60)),
                ('handed_to', models.CharField(blank=True, max_length=200)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('found_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='identity.organization')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='FindingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('found', 'found'), ('dismissed', 'dismissed'), ('ordered', 'ordered'), ('answered', 'answered'), ('extended', 'extended'), ('corrected', 'corrected'), ('uncorrected', 'uncorrected'), ('circulated', 'circulated'), ('handed_on', 'handed_on')], max_length=12)),
                ('at', models.DateTimeField()),
                ('organization', models.CharField(max_length=200)),
                ('organization_en', models.CharField(max_length=200)),
                ('note', models.TextField(blank=True)),
                ('evidence', models.TextField(blank=True)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('citations', models.JSONField(default=list)),
                ('finding', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='supervision.finding')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('summary', models.TextField(blank=True)),
                ('status', models.CharField(choices=[('planning', 'planning'), ('submitted', 'submitted'), ('refused', 'refused'), ('approved', 'approved'), ('handed_over', 'handed_over'), ('not_accepted', 'not_accepted'), ('accepted', 'accepted'), ('withdrawn', 'withdrawn')], default=gongshu.supervision.project_states.ProjectStatus['PLANNING'], max_length=14)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('registered_at', models.DateTimeField()),
                ('passed_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='identity.organization')),
                ('registered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('system', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='filings.system')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PlannedEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=100)),
                ('body', models.JSONField()),
                ('uses', models.CharField(blank=True, max_length=40)),
                ('difference', models.CharField(blank=True, max_length=500)),
                ('code', models.CharField(blank=True, max_length=40)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan', to='supervision.project')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Verdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=[('approval', 'approval'), ('acceptance', 'acceptance'), ('funds', 'funds')], max_length=12)),
                ('passed', models.BooleanField()),
                ('reasons', models.JSONField(default=list)),
                ('remark', models.TextField(blank=True)),
                ('plan_digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verdicts', to='supervision.project')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(fields=['status', 'organization'], name='supervision_status_9f3525_idx'),
        ),
        migrations.AddIndex(
            model_name='project',
            index=models.Index(fields=['status', 'organization'], name='supervision_project_by_status'),
        ),
        migrations.AddConstraint(
            model_name='plannedentry',
            constraint=models.UniqueConstraint(fields=('project', 'position'), name='supervision_plan_once'),
        ),
    ]
